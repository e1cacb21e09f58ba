"""gh: each error has its kind and its advice, and answers arrive as they were sent."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tasks.toolkit.clients.github.client import GitHub
from tasks.toolkit.clients.github.gh import ADVICE, Gh
from tasks.toolkit.core.errors import (
    AccessDenied,
    BadInput,
    ProgramFailed,
    RecipeError,
    Refused,
    ServiceError,
)
from tasks.toolkit.core.secret import Secret

from .conftest import SLUG, RecordedRunner, commands_of, inputs_of, recorded_gh

SENT = "https://api.github.com/graphql"
ERRORS = [
    (f"HTTP 401: Bad credentials ({SENT})", AccessDenied, "gh auth login"),
    ("To get started with GitHub CLI, please run:  gh auth login", AccessDenied, "GITHUB_TOKEN"),
    (
        "HTTP 403: Resource not accessible by personal access token",
        AccessDenied,
        "write access to contents, pull requests, issues and actions",
    ),
    (
        "pull request create failed: GitHub Actions is not permitted to create pull requests",
        AccessDenied,
        "personal token",
    ),
    ("HTTP 403: API rate limit exceeded for user ID 1.", ServiceError, "wait a minute"),
    ("HTTP 429: Too Many Requests", ServiceError, "wait a minute"),
    ("HTTP 403: Must have admin rights to Repository.", AccessDenied, "gh auth status"),
    ("X Pull request #43 is not mergeable: the base policy", Refused, "check or review"),
    ("GraphQL: Was unable to revert PR #42", Refused, "invoke rollback.commit --sha HASH"),
    (
        "GraphQL: Could not resolve to a Repository with the name 'a/b'.",
        BadInput,
        "GITHUB_REPOSITORY",
    ),
    ("HTTP 502: Bad Gateway", ServiceError, "githubstatus.com"),
    ("non-200 OK status code: 503 Service Unavailable", ServiceError, "githubstatus.com"),
    ("error connecting to api.github.com", ServiceError, "check the network"),
    ("dial tcp: lookup api.github.com: no such host", ServiceError, "check the network"),
    ("read: connection reset by peer", ServiceError, "check the network"),
    ("unexpected EOF", ServiceError, "check the network"),
    ("net/http: TLS handshake timeout", ServiceError, "check the network"),
]


@pytest.mark.parametrize(("message", "kind", "advice"), ERRORS)
def test_each_error_has_its_kind_and_its_advice(
    message: str, kind: type[RecipeError], advice: str
) -> None:
    error = ProgramFailed(["gh", "pr", "view"], 1, message).explained(ADVICE)
    assert type(error) is kind
    assert advice in error.advice
    assert message.strip() in error.what


def test_each_row_of_the_table_explains_an_error() -> None:
    explained = {
        ProgramFailed(["gh"], 1, text).explained([row]).advice
        for text, *_ in ERRORS
        for row in ADVICE
    }
    assert {advice for *_, advice in ADVICE} <= explained


def test_an_error_that_is_in_no_row_stays_as_it_is() -> None:
    error = ProgramFailed(["gh"], 1, "something new")
    assert error.explained(ADVICE) is error


@pytest.mark.parametrize(("output", "expected"), [("", []), ("[]", []), ('{"a": [1]}', {"a": [1]})])
def test_an_answer_is_json_and_none_is_an_empty_list(output: str, expected: object) -> None:
    assert recorded_gh({"pr list": output}).ask("pr", "list") == expected


def test_an_answer_that_is_not_json_is_a_service_error() -> None:
    with pytest.raises(ServiceError, match="the answer of gh pr list is not JSON"):
        recorded_gh({"pr list": "<html>"}).ask("pr", "list", "--json", "x")


def test_fields_are_asked_of_the_repository() -> None:
    gh = recorded_gh({"pr view": {"id": 1}})
    assert gh.ask_fields("id,url", "pr", "view", "42") == {"id": 1}
    assert commands_of(gh) == [f"pr view 42 --repo {SLUG} --json id,url"]


def test_pages_are_read_item_by_item_whatever_is_in_a_text() -> None:
    items: list[Any] = [{"id": 1, "body": "a\u2028b\nc"}, {"id": 2, "body": None}]
    lines = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
    gh = recorded_gh({"api": lines})
    assert gh.pages("repos/a/b/comments", "id, body") == items
    assert commands_of(gh) == [
        "api 'repos/a/b/comments?per_page=100' --paginate --jq '.[] | {id, body}'"
    ]


@pytest.mark.parametrize("text", ["plain", "", "a {} b", "it's {'{}'}\n$(id) `id` \\n %s"])
def test_a_text_is_handed_over_on_stdin_in_a_plan_too(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    gh = recorded_gh({"issue comment": ""})
    assert gh.write_text(text, "issue", "comment", "7")
    assert (commands_of(gh), inputs_of(gh)) == (["issue comment 7"], [text])
    dry = recorded_gh(dry_run=True)
    assert dry.write_text(text, "issue", "comment", "7") is None
    assert commands_of(dry) == []
    dry.program.runner.executor.finish(complete=True)
    script = f'gh() {{ [ "$*" = "issue comment 7" ] && cat; }}\n{capsys.readouterr().out}'
    pasted = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, check=True)
    assert pasted.stdout == text


def test_a_token_goes_into_the_environment_alone() -> None:
    runner = RecordedRunner({}, dry_run=False)
    gh = Gh(runner, SLUG, Secret("hush"))
    assert gh.program.env["GH_TOKEN"] == "hush"
    assert gh.program.argv == ["gh"]
    assert "GH_TOKEN" not in Gh(runner, SLUG, Secret("")).program.env


def test_the_login_and_the_repository_are_read() -> None:
    answers = {
        "auth token": "hush\n",
        f"repo view {SLUG} --json viewerPermission": {"viewerPermission": "WRITE"},
        f"repo view {SLUG} --json defaultBranchRef": {"defaultBranchRef": {"name": "trunk"}},
    }
    github = GitHub(RecordedRunner(answers, dry_run=False), SLUG, Secret(""))
    assert github.token().reveal() == "hush"
    assert github.permission() == "WRITE"
    assert github.default_branch() == "trunk"

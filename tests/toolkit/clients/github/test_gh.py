"""gh: each error has its kind and its advice, and answers arrive as they were sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.github import GitHub as Server
from tasks.sandbox.server import Reply
from tasks.sandbox.world import SLUG
from tasks.toolkit.clients.github.advice import advice_with
from tasks.toolkit.clients.github.client import GitHub
from tasks.toolkit.clients.github.gh import Gh, parse_items, read_new_number
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.core.errors import (
    AccessDenied,
    BadInput,
    PassingFault,
    ProgramFailed,
    RateLimited,
    RecipeError,
    Refused,
    ServiceError,
)
from tasks.toolkit.core.secret import Secret

from ....plans import finished_plan
from .conftest import TOKEN, add_issue, answer_always, client, runner_of

ADVICE = advice_with(Secret(""))
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
        "Settings, Actions, General, Workflow permissions",
    ),
    (
        "GraphQL: Resource not accessible by integration (createPullRequest)",
        AccessDenied,
        "let the `permissions:` of the job have contents",
    ),
    (
        "GraphQL: refusing to allow a GitHub App to create or update workflow `ci.yml`"
        " without `workflows` permission (mergePullRequest)",
        AccessDenied,
        "set the secret ROLLBACK_TOKEN",
    ),
    (
        "GraphQL: refusing to allow an OAuth App to create or update workflow `ci.yml`"
        " without `workflow` scope (mergePullRequest)",
        AccessDenied,
        "invoke doctor",
    ),
    (
        'gh: Not Found (HTTP 404) gh: This API operation needs the "repo" scope. To request it',
        AccessDenied,
        "invoke doctor",
    ),
    (
        "GraphQL: Your token has not been granted the required scopes to execute this query.",
        AccessDenied,
        "invoke doctor",
    ),
    ("HTTP 403: API rate limit exceeded for user ID 1.", RateLimited, "wait a minute"),
    ("HTTP 429: Too Many Requests", RateLimited, "wait a minute"),
    ("HTTP 403: Must have admin rights to Repository.", AccessDenied, "invoke doctor"),
    (
        "GraphQL: Base branch was modified. Review and try the merge again.",
        PassingFault,
        "at the same",
    ),
    ("GraphQL: Something went wrong while executing your query.", PassingFault, "githubstatus.com"),
    ("X Pull request #43 is not mergeable: the base policy", Refused, "check or review"),
    ("GraphQL: Was unable to revert PR #42", Refused, "invoke rollback.commit --sha HASH"),
    (
        "GraphQL: Could not resolve to a Repository with the name 'a/b'.",
        BadInput,
        "GITHUB_REPOSITORY",
    ),
    ("GraphQL: Head branch was modified. Review and try again.", Refused, "compares it again"),
    ("HTTP 502: Bad Gateway", PassingFault, "githubstatus.com"),
    ("non-200 OK status code: 503 Service Unavailable", PassingFault, "githubstatus.com"),
    ("error connecting to api.github.com", PassingFault, "check the network"),
    ("dial tcp: lookup api.github.com: no such host", PassingFault, "check the network"),
    ("read: connection reset by peer", PassingFault, "check the network"),
    ("net/http: HTTP/1.x transport connection broken", PassingFault, "check the network"),
    ("unexpected EOF", PassingFault, "check the network"),
    ("net/http: TLS handshake timeout", PassingFault, "check the network"),
    (
        'Get "https://x": tls: failed to verify certificate: x509: certificate signed by unknown'
        " authority",
        ServiceError,
        "export SSL_CERT_FILE=FILE",
    ),
]


@pytest.mark.parametrize(("message", "kind", "advice"), ERRORS)
def test_each_error_has_its_kind_and_its_advice(
    message: str,
    kind: type[RecipeError],
    advice: str,
) -> None:
    error = ProgramFailed(["gh", "pr", "view"], 1, message).explained(ADVICE)
    assert type(error) is kind
    assert advice in error.advice
    assert message.strip() in error.what


def test_what_gh_advises_itself_is_not_repeated() -> None:
    printed = (
        "error connecting to api.github.com\n"
        "check your internet connection or https://githubstatus.com\n"
    )
    error = ProgramFailed(["gh", "pr", "view"], 1, printed).explained(ADVICE)
    assert str(error) == (
        "gh pr view: error connecting to api.github.com: "
        "check the network, then re-run the same command"
    )


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


def test_no_answer_is_an_empty_list(gh: Gh) -> None:
    # gh prints nothing where a repository has no labels, with --json too.
    assert gh.ask_fields("name", "label", "list") == []


def test_an_answer_that_is_not_json_is_a_service_error(server: Server, gh: Gh) -> None:
    answer_always(server, Reply(200, b"<html>"))
    with pytest.raises(ServiceError, match="the answer of gh api users/x is not JSON"):
        gh.ask("api", "users/x")


def test_items_stand_on_a_line_each_whatever_is_in_a_text() -> None:
    printed = '{"body":"a\u2028b\\nc"}\n{"body":null}\n'
    assert parse_items(printed) == [{"body": "a\u2028b\nc"}, {"body": None}]


URLS = [
    (f"https://github.com/{SLUG}/issues/8\n", "issue", 8),
    (f"Warning\nhttps://github.com/{SLUG}/pull/43\n", "pull request", 43),
]


@pytest.mark.parametrize(("printed", "what", "number"), URLS)
def test_the_number_of_what_is_new_is_at_the_end_of_its_url(
    printed: str,
    what: str,
    number: int,
) -> None:
    assert read_new_number(printed, what) == number


NO_URLS = ["", "\n", "created\n", "https://github.com/a/b/pull/\n"]


@pytest.mark.parametrize("printed", NO_URLS)
def test_an_answer_without_a_url_is_a_service_error(printed: str) -> None:
    with pytest.raises(ServiceError, match="without the URL of the new issue: check if it exists"):
        read_new_number(printed, "issue")


TEXTS = ["plain", "a {} b", "it's {'{}'}\n$(id) `id` \\n %s"]


@pytest.mark.parametrize("text", TEXTS)
def test_a_plan_that_is_pasted_hands_over_the_same_text(
    server: Server,
    capsys: pytest.CaptureFixture[str],
    text: str,
) -> None:
    issue = add_issue(server, 7)
    planner = client(runner_of(server, dry_run=True))
    planner.issues.comment(7, text)
    assert issue.comments == {}
    plan = finished_plan(capsys)
    runner_of(server).run(["sh", "-ec", plan])
    assert list(issue.comments.values()) == [text]


@pytest.fixture
def logged_out(server: Server) -> ProcessRunner:
    """Give a runner in whose environment there is no token."""
    runner = runner_of(server)
    runner.environ = {**runner.environ, "GITHUB_TOKEN": ""}
    return runner


def test_gh_has_no_login_but_the_token(logged_out: ProcessRunner) -> None:
    with pytest.raises(AccessDenied, match="gh auth login"):
        client(logged_out).permission()
    assert client(logged_out, TOKEN).permission() == "ADMIN"
    with pytest.raises(AccessDenied, match="GITHUB_TOKEN is not valid: unset it"):
        client(logged_out, "wrong").permission()


def test_a_token_goes_before_those_of_the_environment(server: Server) -> None:
    runner = runner_of(server)
    runner.environ = {**runner.environ, "GH_TOKEN": TOKEN}
    with pytest.raises(AccessDenied, match="HTTP 401"):
        client(runner, "wrong").permission()


def test_the_token_of_the_login_is_read(logged_out: ProcessRunner) -> None:
    github = client(logged_out)
    assert not github.token()
    hosts = Path(logged_out.environ["GH_CONFIG_DIR"], "hosts.yml")
    hosts.write_text("github.com:\n    oauth_token: hush\n")
    assert github.token().reveal() == "hush"


def test_the_permission_and_the_default_branch_are_read(
    server: Server,
    github: GitHub,
) -> None:
    server.repository.git("symbolic-ref", "HEAD", "refs/heads/two")
    assert github.default_branch() == "two"
    assert github.permission() == "ADMIN"

"""Pull requests are found, opened and merged, or in a dry run planned."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tasks.toolkit.clients.github.pull_requests import NEWEST, PullRequests
from tasks.toolkit.clients.github.pulls import PullRequest
from tasks.toolkit.core.errors import AccessDenied, BadInput, Refused, ServiceError

from .conftest import SLUG, commands_of, failure, pull_data, recorded_gh

URL = f"https://github.com/{SLUG}/pull"
BAD = PullRequest.parse(pull_data(42))
USAGE = "USAGE\n  gh pr revert {<number> | <url> | <branch>} [flags]\n"
OLD_USAGE = "USAGE\n  gh pr <command> [flags]\n"
MISSING = "GraphQL: Could not resolve to a PullRequest with the number of 9."


def pulls(answers: dict[str, Any] | None = None, *, dry_run: bool = False) -> PullRequests:
    return PullRequests(recorded_gh(answers, dry_run=dry_run))


def ran(client: PullRequests) -> list[str]:
    return commands_of(client._gh)


@pytest.mark.parametrize(
    "text",
    ["42", "#42", f"{URL}/42", f"{URL}/42/files", f"{URL}/42#x", f"{URL}/42?a=b"],
)
def test_a_number_is_read_in_each_of_its_forms(text: str) -> None:
    assert pulls().parse_number(text) == 42


def test_the_case_of_a_repository_does_not_matter() -> None:
    assert pulls().parse_number("https://github.com/Owner/NAME/pull/42") == 42


@pytest.mark.parametrize(
    "text",
    ["", "abc", "-1", "0", "042", "##42", "42; id", "4 2", "1234567890", f"{URL}/0", f"{URL}/"],
)
def test_what_is_no_number_is_bad_input(text: str) -> None:
    with pytest.raises(BadInput, match="is not a pull request: give its number or its URL"):
        pulls().parse_number(text)


def test_the_url_of_another_repository_is_bad_input() -> None:
    with pytest.raises(BadInput, match="is a pull request of other/name, not of owner/name"):
        pulls().parse_number("https://github.com/other/name/pull/42")


def test_a_pull_request_that_does_not_exist_is_bad_input() -> None:
    with pytest.raises(BadInput, match="owner/name has no pull request #9: `gh pr list --repo"):
        pulls({"pr view 9": failure(MISSING)}).get(9)


def test_a_github_that_does_not_answer_says_nothing_of_a_pull_request() -> None:
    with pytest.raises(AccessDenied):
        pulls({"pr view 9": failure("HTTP 401: Bad credentials")}).get(9)


def test_a_revert_among_the_newest_is_found() -> None:
    newest = [pull_data(43, body=f"Reverts {SLUG}#42"), pull_data(42)]
    client = pulls({"pr list": newest})
    revert = client.revert_of(BAD)
    assert revert and revert.number == 43
    assert len(ran(client)) == 1


def test_an_older_revert_is_found_by_its_branch() -> None:
    newest = [pull_data(number) for number in range(1000, 1000 + NEWEST)]
    older = [pull_data(43, headRefName="revert-42-branch-42")]
    start = f"pr list --state=all --limit={NEWEST} --head=revert-42-branch-42 "
    revert = pulls({start: older, "pr list": newest}).revert_of(BAD)
    assert revert and revert.number == 43


def test_the_newest_pull_request_of_a_branch_is_not_one_that_was_closed() -> None:
    listed = [pull_data(45, state="CLOSED"), pull_data(44, state="OPEN"), pull_data(43)]
    client = pulls({"pr list": listed})
    found = client.from_branch("topic")
    assert found and found.number == 44
    assert "--head=topic" in ran(client)[0]
    assert pulls({"pr list": listed[:1]}).from_branch("topic") is None


def test_merged_pull_requests_are_newest_first_with_their_files() -> None:
    listed = [pull_data(number, files=[{"path": f"file-{number}"}]) for number in (42, 44, 40, 43)]
    since = datetime(2025, 1, 1, 10, 42, tzinfo=UTC)
    found = pulls({"pr list": listed}).merged_since(since)
    assert [(pull.number, files) for pull, files in found] == [
        (44, ["file-44"]),
        (43, ["file-43"]),
        (42, ["file-42"]),
    ]


def test_a_revert_is_opened_by_the_command_of_gh() -> None:
    client = pulls(
        {"pr revert --help": USAGE, "pr revert 42": f"{URL}/43\n", "pr view 43": pull_data(43)}
    )
    opened = client.open_revert(BAD, "A title", "", draft=True)
    assert opened and opened.number == 43
    assert ran(client)[1] == f"pr revert 42 '--title=A title' --draft --repo {SLUG}"


def test_a_revert_is_opened_by_the_api_where_gh_is_too_old_for_it() -> None:
    answers = {
        "pr revert --help": OLD_USAGE,
        f"pr view 42 --repo {SLUG} --json id": {"id": "PR_42"},
        "api graphql": f"{URL}/43\n",
        "pr view 43": pull_data(43),
    }
    client = pulls(answers)
    opened = client.open_revert(BAD, "", "A body", draft=True)
    assert opened and opened.number == 43
    mutation = ran(client)[2]
    assert "revertPullRequest(input: {pullRequestId: $id, title: $title" in mutation
    assert mutation.endswith(
        "-fid=PR_42 '-fbody=A body' -Fdraft=true --jq .data.revertPullRequest.revertPullRequest.url"
    )


@pytest.mark.parametrize(
    ("usage", "command"),
    [(USAGE, f"gh pr revert 42 --repo {SLUG}"), (OLD_USAGE, "gh api graphql '-fquery=mutation")],
)
def test_a_plan_keeps_the_url_of_the_revert(
    capsys: pytest.CaptureFixture[str], usage: str, command: str
) -> None:
    answers = {"pr revert --help": usage, "pr view 42": {"id": "PR_42"}}
    client = pulls(answers, dry_run=True)
    assert client.open_revert(BAD, "", "", draft=False) is None
    assert f"\nrevert=$({command}" in capsys.readouterr().out
    assert not [line for line in ran(client) if line.startswith(("pr revert 42", "api"))]


def test_a_revert_that_github_cannot_make_is_refused() -> None:
    error = failure("GraphQL: Was unable to revert PR #42 (revertPullRequest)")
    with pytest.raises(Refused, match=r"rollback\.commit --sha HASH"):
        pulls({"pr revert --help": USAGE, "pr revert 42": error}).open_revert(
            BAD, "", "", draft=False
        )


@pytest.mark.parametrize("output", ["", "\n", "created\n"])
def test_an_answer_without_a_url_is_a_service_error(output: str) -> None:
    with pytest.raises(ServiceError, match="without the URL of the new pull request: check if it"):
        pulls({"pr create": output}).create("topic", "main", "Title", "Body")


def test_a_pull_request_is_created_or_planned(capsys: pytest.CaptureFixture[str]) -> None:
    client = pulls({"pr create": f"Warning\n{URL}/43\n", "pr view 43": pull_data(43)})
    created = client.create("topic", "main", "Title", "Body")
    assert created and created.number == 43
    command = f"pr create --head=topic --base=main --title=Title --body=Body --repo {SLUG}"
    assert ran(client)[0] == command
    assert pulls(dry_run=True).create("topic", "main", "Title", "Body") is None
    assert f"revert=$(gh {command})\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("allowed", "method"),
    [
        ("squashMergeAllowed mergeCommitAllowed rebaseMergeAllowed", "--squash"),
        ("mergeCommitAllowed rebaseMergeAllowed", "--merge"),
        ("rebaseMergeAllowed", "--rebase"),
        ("", "--merge"),
    ],
)
def test_a_method_that_the_repository_allows_is_taken(allowed: str, method: str) -> None:
    names = ("squashMergeAllowed", "mergeCommitAllowed", "rebaseMergeAllowed")
    answer = {name: name in allowed.split() for name in names}
    assert pulls({f"repo view {SLUG}": answer}).merge_method() == method


def test_a_merge_is_asked_for_once() -> None:
    client = pulls({"pr merge": ""})
    assert client.merge(43, "--squash")
    assert ran(client) == [f"pr merge 43 --squash --repo {SLUG}"]


@pytest.mark.parametrize(
    ("number", "command"),
    [
        (43, f"until gh pr merge 43 --squash --repo {SLUG}; do sleep 5; done\n"),
        (None, f'until gh pr merge --squash --repo {SLUG} "$revert"; do sleep 5; done\n'),
    ],
)
def test_a_plan_merges_as_soon_as_github_does(
    capsys: pytest.CaptureFixture[str], number: int | None, command: str
) -> None:
    client = pulls(dry_run=True)
    assert not client.merge(number, "--squash")
    assert capsys.readouterr().out.endswith(command)
    assert ran(client) == []

"""Pull requests are found on GitHub: by number, by commit, as the revert of another."""

from __future__ import annotations

import pytest

from tasks.sandbox.github import GitHub as Server
from tasks.sandbox.world import SLUG
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.github.client import GitHub
from tasks.toolkit.clients.github.gh import Gh
from tasks.toolkit.clients.github.pull_requests import NEWEST, PullRequests
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.core.errors import AccessDenied, BadInput
from tasks.toolkit.core.secret import Secret

from .conftest import add_pull

URL = f"https://github.com/{SLUG}/pull"


# parse_number


@pytest.fixture(scope="module")
def pulls() -> PullRequests:
    """Give a client that starts no program."""
    runner = ProcessRunner({}, 1, Executor(dry_run=False))
    return PullRequests(Gh(runner, SLUG, Secret("")))


NUMBERS = [
    "42",
    "#42",
    f"{URL}/42",
    f"{URL}/42/files",
    f"{URL}/42#x",
    f"{URL}/42?a=b",
    f"https://github.com/{SLUG.upper()}/pull/42",
]


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_is_read_in_each_of_its_forms(pulls: PullRequests, text: str) -> None:
    assert pulls.parse_number(text) == 42


NO_NUMBERS = [
    "",
    "abc",
    "-1",
    "0",
    "042",
    "##42",
    "42; id",
    "4 2",
    "1234567890",
    f"{URL}/0",
    f"{URL}/",
]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_is_bad_input(pulls: PullRequests, text: str) -> None:
    with pytest.raises(BadInput, match="is not a pull request: give its number or its URL"):
        pulls.parse_number(text)


def test_the_url_of_another_repository_is_bad_input(pulls: PullRequests) -> None:
    with pytest.raises(BadInput, match=f"is a pull request of other/name, not of {SLUG}"):
        pulls.parse_number("https://github.com/other/name/pull/42")


# find


def test_a_pull_request_that_does_not_exist_is_bad_input(github: GitHub) -> None:
    with pytest.raises(BadInput, match=f"{SLUG} has no pull request #9: gh pr list --state merged"):
        github.pulls.get(9)


def test_a_github_that_does_not_answer_says_nothing_of_a_pull_request(stranger: GitHub) -> None:
    with pytest.raises(AccessDenied):
        stranger.pulls.get(9)


def test_a_pull_request_is_read_with_its_merge_state(
    server: Server,
    github: GitHub,
) -> None:
    server.required_checks = ["lint"]
    server.required_reviews = 1
    pull = server.open_pull("two", "main", "feat: two")
    server.set_check(pull.number, "lint", "failure")
    found = github.pulls.get(pull.number)
    assert found.state == "OPEN"
    assert found.merge_state == "BLOCKED"
    assert found.review == "REVIEW_REQUIRED"
    assert found.failed_checks == ("lint",)
    assert found.pending_checks == ()


def test_a_revert_among_the_newest_is_found(server: Server, github: GitHub) -> None:
    add_pull(server, 42)
    add_pull(server, 43, body=f"Reverts {SLUG}#42")
    bad = github.pulls.get(42)
    revert = github.pulls.revert_of(bad)
    assert revert and revert.number == 43
    assert github.pulls.revert_of(revert) is None


def test_an_older_revert_is_found_by_its_branch(
    server: Server,
    github: GitHub,
) -> None:
    add_pull(server, 42)
    add_pull(server, 43, head="revert-42-branch-42")
    for number in range(NEWEST):
        add_pull(server, 1000 + number)
    bad = github.pulls.get(42)
    revert = github.pulls.revert_of(bad)
    assert revert and revert.number == 43


def test_the_reverts_of_a_commit_are_known_by_branch_or_body(
    server: Server,
    github: GitHub,
) -> None:
    commit = "a" * 40
    add_pull(server, 43, head=f"revert-{commit[:12]}")
    add_pull(server, 44, head=f"revert-{commit[:12]}-2")
    add_pull(server, 45, body=f"This reverts commit {commit}.")
    add_pull(server, 46, head=f"revert-{commit[:12]}-3", state="CLOSED")
    add_pull(server, 47, head=f"revert-{commit[:12]}0")
    found = github.pulls.reverts_of_commit(commit)
    assert [pull.number for pull in found] == [45, 44, 43]


def test_an_open_pull_request_of_a_fork_is_reported_as_no_revert(
    server: Server,
    github: GitHub,
) -> None:
    add_pull(server, 42)
    add_pull(server, 43, head="revert-42-x", fork="mallory", state="OPEN")
    server.repository.git("update-ref", "refs/forks/mallory/revert-42-x", "two")
    bad = github.pulls.get(42)
    (claim,) = github.pulls.reverts_of(bad)
    assert (claim.author, claim.from_fork, claim.by_app) == ("somebody", True, False)
    assert github.pulls.revert_of(bad) is None


def test_the_pull_request_that_brought_a_commit_to_a_branch_is_found_for_many_at_once(
    server: Server,
    github: GitHub,
) -> None:
    number = server.open_pull("two", "main", "feat: two").number
    server.merge(number)
    git = server.repository.git
    merged, brought, direct = (git("rev-parse", name) for name in ("main", "two", "main~1"))
    commits = [merged, brought, direct, "0" * 39 + "1"]
    found = github.pulls.of_commits(commits, "main")
    assert {commit: pull.number for commit, pull in found.items()} == {
        merged: number,
        brought: number,
    }
    assert found[merged].merge_commit == merged
    assert found[merged].title == "feat: two"
    assert len(server.requests) == 1
    assert github.pulls.of_commits(commits, "release") == {}
    assert github.pulls.of_commits([], "main") == {}


def test_the_reverts_of_a_workflow_part_are_not_those_of_the_whole(
    server: Server,
    github: GitHub,
) -> None:
    commit = "a" * 40
    text = f"This reverts the workflow part of #42 (commit {commit})."
    add_pull(server, 42, merge_sha=commit)
    add_pull(server, 43, head=f"revert-workflow-{commit[:12]}")
    add_pull(server, 44, body=text)
    add_pull(server, 45, head=f"revert-workflow-{commit[:12]}-2", state="CLOSED")
    add_pull(server, 46, body=text.replace("a)", "b)"))
    bad = github.pulls.get(42)
    found = github.pulls.reverts_of_part(commit)
    assert [pull.number for pull in found] == [44, 43]
    assert github.pulls.reverts_of(bad) == github.pulls.reverts_of_commit(commit) == []
    revert = github.pulls.revert_of(bad)
    assert revert and revert.number == 44


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
@pytest.mark.thorough
def test_the_pull_request_of_its_merge_is_found(
    server: Server,
    github: GitHub,
    method: str,
) -> None:
    pull = server.open_pull("two", "main", "feat: two")
    server.merge(pull.number, method)
    found = github.pulls.merged_as(pull.merge_sha)
    assert found and found.number == pull.number
    assert github.pulls.merged_as(pull.base_sha) is None
    if method == "merge":
        assert github.pulls.merged_as(pull.head_sha) is None


def test_a_commit_that_github_does_not_have_is_of_no_pull_request(github: GitHub) -> None:
    assert github.pulls.merged_as("a" * 40) is None


def test_a_github_that_does_not_answer_says_nothing_of_a_commit(stranger: GitHub) -> None:
    with pytest.raises(AccessDenied):
        stranger.pulls.merged_as("a" * 40)

"""Merges and reverts are the commits that GitHub makes."""

from __future__ import annotations

import pytest

from tasks.sandbox.github import merges
from tasks.sandbox.github.records import Pull, Refusal
from tasks.sandbox.github.state import State

from .conftest import LINES, Clone

each_method = pytest.mark.parametrize(
    ("method", "subject", "count"),
    [
        ("merge", "Merge pull request #1 from stianfro/two", 2),
        ("squash", "2 (#1)", 1),
        ("rebase", "2", 1),
    ],
)


def parents(github: State) -> list[str]:
    """Return the parents of the tip of main."""
    line = github.repository.git("log", "-1", "--format=%P", "main")
    return line.split()


def content(github: State, revision: str = "main") -> str:
    """Return the content of the file at a revision."""
    text = github.repository.git("show", f"{revision}:file")
    return f"{text}\n"


@each_method
def test_each_method_puts_its_commit_on_the_base(
    github: State,
    clone: Clone,
    pull: Pull,
    method: str,
    subject: str,
    count: int,
) -> None:
    clone.push("main", "five", "5")
    refs = github.repository.refs()
    tip = refs["refs/heads/main"]
    github.merge(1, method)
    assert pull.state == "MERGED"
    assert pull.base_sha == tip
    refs = github.repository.refs()
    assert pull.merge_sha == refs["refs/heads/main"]
    assert github.repository.subject("main") == subject
    assert parents(github)[0] == tip
    assert len(parents(github)) == count
    assert content(github) == "one\n2\nthree\nfour\n5\n"


@pytest.mark.usefixtures("pull")
def test_a_squash_of_several_commits_is_called_like_the_pull_request(
    github: State, clone: Clone
) -> None:
    clone.push("two", "three", "3")
    github.merge(1, "squash")
    assert github.repository.subject("main") == "Two (#1)"


@pytest.mark.usefixtures("pull")
@pytest.mark.parametrize("method", ["squash", "merge"])
def test_the_subject_of_a_merge_can_be_given(github: State, method: str) -> None:
    github.merge(1, method, "fix: a headline")
    assert github.repository.subject("main") == "fix: a headline"


@pytest.mark.usefixtures("pull")
def test_a_rebase_keeps_each_commit(github: State, clone: Clone) -> None:
    clone.push("two", "three", "3")
    github.merge(1, "rebase")
    assert github.repository.subject("main~1") == "2"
    assert github.repository.subject("main") == "3"


def test_conflicts_are_refused_and_leave_the_base_alone(
    github: State,
    clone: Clone,
    pull: Pull,
) -> None:
    clone.push("main", "two", "zwei")
    before = github.repository.refs()
    assert github.merge_state(pull) == "DIRTY"
    with pytest.raises(Refusal, match="not mergeable"):
        github.merge(1)
    assert github.repository.refs() == before
    assert pull.state == "OPEN"


@pytest.mark.usefixtures("pull")
def test_a_revert_restores_the_tree_and_keeps_later_changes(
    github: State,
    clone: Clone,
) -> None:
    github.merge(1)
    clone.push("main", "five", "5")
    first = github.revert(1)
    assert first.head == "revert-1-two"
    assert first.title == 'Revert "Two"'
    assert first.body == "Reverts stianfro/threek8s#1"
    assert content(github, first.head) == LINES.replace("five", "5")
    second = github.revert(1)
    assert second.head == "revert-1-two-1"


@pytest.mark.usefixtures("pull")
def test_nothing_is_reverted_that_is_not_merged_or_conflicts(
    github: State,
    clone: Clone,
) -> None:
    with pytest.raises(Refusal, match="Was unable to revert PR"):
        github.revert(1)
    github.merge(1)
    clone.push("main", "2", "zwei")
    with pytest.raises(Refusal, match="Was unable to revert PR"):
        github.revert(1)


@pytest.mark.usefixtures("pull")
def test_what_is_reverted_already_is_not_reverted_again(github: State) -> None:
    github.merge(1)
    revert = github.revert(1)
    github.merge(revert.number)
    with pytest.raises(Refusal, match="Was unable to revert PR"):
        github.revert(1)


def test_changed_files_are_told_with_what_happened_to_them(github: State, clone: Clone) -> None:
    clone.push("main", "", "1\n2\n3\n", "old name")
    clone.push("main", "", "gone", "gone")
    clone.git("switch", "--quiet", "--create", "mixed")
    clone.git("mv", "old name", "new name")
    clone.git("rm", "--quiet", "gone")
    (clone.folder / "binary").write_bytes(b"\0")
    clone.push("mixed", "two", "2")
    pull = github.open_pull("mixed", "main", "Mixed")
    files = merges.changed_files(github.repository, pull)
    changes = {file["path"]: file["changeType"] for file in files}
    assert changes == {
        "binary": "ADDED",
        "file": "MODIFIED",
        "gone": "DELETED",
        "new name": "RENAMED",
    }
    github.merge(pull.number)
    assert merges.changed_files(github.repository, pull) == files

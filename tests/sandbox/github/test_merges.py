"""Merges and reverts are the commits that GitHub makes."""

from __future__ import annotations

import pytest

from tasks.sandbox.github.records import Refusal
from tasks.sandbox.github.state import State

from .conftest import LINES, Clone


def log(github: State, form: str, revision: str = "main") -> str:
    return github.repository.git("log", "-1", f"--format={form}", revision)


def content(github: State, revision: str = "main") -> str:
    return github.repository.git("show", f"{revision}:file") + "\n"


@pytest.mark.parametrize(
    ("method", "subject", "parents"),
    [
        ("merge", "Merge pull request #1 from stianfro/two", 2),
        ("squash", "Two (#1)", 1),
        ("rebase", "2", 1),
    ],
)
def test_each_method_puts_its_commit_on_the_base(
    github: State, clone: Clone, method: str, subject: str, parents: int
) -> None:
    clone.push("two", "two", "2")
    clone.push("main", "five", "5")
    tip = github.repository.git("rev-parse", "main")
    pull = github.open_pull("two", "main", "Two")
    github.merge(1, method)
    assert (pull.state, pull.base_sha) == ("MERGED", tip)
    assert pull.merge_sha == github.repository.git("rev-parse", "main")
    assert log(github, "%s") == subject
    assert log(github, "%P").split()[0] == tip
    assert len(log(github, "%P").split()) == parents
    assert content(github) == LINES.replace("two", "2").replace("five", "5")


def test_a_rebase_keeps_each_commit(github: State, clone: Clone) -> None:
    clone.push("two", "two", "2")
    clone.push("two", "three", "3")
    github.open_pull("two", "main", "Two")
    github.merge(1, "rebase")
    assert log(github, "%s", "main~1") == "2"
    assert log(github, "%s") == "3"


def test_conflicts_are_refused_and_leave_the_base_alone(github: State, clone: Clone) -> None:
    clone.push("two", "two", "2")
    clone.push("main", "two", "zwei")
    pull = github.open_pull("two", "main", "Two")
    tip = github.repository.git("rev-parse", "main")
    assert github.merge_state(pull) == "DIRTY"
    with pytest.raises(Refusal, match="not mergeable"):
        github.merge(1)
    assert github.repository.git("rev-parse", "main") == tip
    assert pull.state == "OPEN"


def test_a_revert_restores_the_tree_and_keeps_later_changes(github: State, clone: Clone) -> None:
    clone.push("two", "two", "2")
    github.open_pull("two", "main", "Two")
    github.merge(1)
    clone.push("main", "five", "5")
    first = github.revert(1)
    assert (first.head, first.title) == ("revert-1-two", 'Revert "Two"')
    assert first.body == "Reverts stianfro/threek8s#1"
    assert content(github, first.head) == LINES.replace("five", "5")
    assert github.revert(1).head == "revert-1-two-1"


def test_nothing_is_reverted_that_is_not_merged_or_conflicts(github: State, clone: Clone) -> None:
    clone.push("two", "two", "2")
    github.open_pull("two", "main", "Two")
    with pytest.raises(Refusal, match="Was unable to revert PR"):
        github.revert(1)
    github.merge(1)
    clone.push("main", "2", "zwei")
    with pytest.raises(Refusal, match="Was unable to revert PR"):
        github.revert(1)


def test_what_is_reverted_already_is_not_reverted_again(github: State, clone: Clone) -> None:
    clone.push("two", "two", "2")
    github.open_pull("two", "main", "Two")
    github.merge(1)
    github.merge(github.revert(1).number)
    with pytest.raises(Refusal, match="Was unable to revert PR"):
        github.revert(1)

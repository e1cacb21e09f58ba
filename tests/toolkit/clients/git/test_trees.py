"""Trees are computed beside the working copy: what is left of a change when a part is taken."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.git.repository import Repository

from .conftest import Clone

FLOW = ".github/workflows/publish.yml"
SECOND = ".github/workflows/second.yml"


@pytest.fixture
def bad(clone: Clone) -> str:
    """Give a commit that changes a workflow, adds one, and changes another file."""
    clone.commit("ci: publish", {FLOW: "good\n", ".github/other": "good\n"})
    return clone.commit("ci: both", {FLOW: "bad\n", SECOND: "bad\n", "file": "bad\n"})


def part_of(repository: Repository, bad: str) -> str:
    return repository.trees.part(f"{bad}~1", bad, ".github/workflows", "part of it")


def test_a_part_of_a_commit_changes_one_folder_only(
    clone: Clone, repository: Repository, bad: str
) -> None:
    part = part_of(repository, bad)
    assert repository.trees.differing_files(f"{bad}~1", part) == [FLOW, SECOND]
    assert repository.trees.differing_files(part, bad) == ["file"]
    assert repository.history.summary(part).endswith(" part of it")
    assert part_of(repository, bad) == part
    assert clone.worktrees() == 0
    assert clone.git("status", "--porcelain") == ""


def test_a_commit_that_leaves_the_folder_alone_has_no_such_part(
    clone: Clone, repository: Repository, bad: str
) -> None:
    other = clone.change("other")
    assert part_of(repository, other) == ""
    assert repository.trees.part(f"{bad}~1", bad, "nowhere", "x") == ""


def test_a_part_is_reverted_where_the_whole_conflicts_elsewhere(
    clone: Clone, repository: Repository, bad: str
) -> None:
    tip = clone.commit("feat: more", {"file": "worse\n"})
    assert repository.trees.conflicts(tip, bad) == ["file"]
    assert repository.trees.reverted(tip, bad) == ""
    part = part_of(repository, bad)
    assert repository.trees.conflicts(tip, part) == []
    reverted = repository.trees.reverted(tip, part)
    assert repository.trees.differing_files(tip, reverted) == [FLOW, SECOND]
    assert clone.git("show", f"{reverted}:{FLOW}") == "good"


def test_a_part_that_was_changed_again_conflicts(
    clone: Clone, repository: Repository, bad: str
) -> None:
    tip = clone.commit("ci: more", {FLOW: "worse\n"})
    part = part_of(repository, bad)
    assert repository.trees.conflicts(tip, part) == [FLOW]


def test_a_part_of_a_merge_is_what_it_brought_to_its_first_parent(
    clone: Clone, repository: Repository
) -> None:
    clone.branch_off("feature")
    clone.commit("ci: publish", {FLOW: "bad\n", "file": "bad\n"})
    merge = clone.merge_into_main("feature")
    part = repository.trees.part(f"{merge}^1", merge, ".github/workflows", "x")
    assert repository.trees.differing_files(f"{merge}^1", part) == [FLOW]
    reverted = repository.trees.reverted(merge, part)
    assert repository.trees.differing_files(merge, reverted) == [FLOW]

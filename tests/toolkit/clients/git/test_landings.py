"""What landed on a branch: merges, squashed pull requests and direct commits, with their files."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.git.history import History
from tasks.toolkit.clients.git.landings import Landing
from tasks.toolkit.clients.git.repository import Repository

from .conftest import Clone


@pytest.fixture
def history(repository: Repository) -> History:
    """Give the commits of the clone."""
    return repository.history


def merge(clone: Clone, branch: str, message: str, into: str = "main") -> str:
    clone.git("switch", "--quiet", into)
    clone.git("merge", "--quiet", "--no-ff", f"--message={message}", branch)
    return clone.head()


def test_what_landed_is_newest_first_with_all_of_its_files(clone: Clone, history: History) -> None:
    direct = clone.commit("ci: a name", {"ci/a.yml": "1", "README.md": "1"})
    clone.commit("docs: no part of it", {"docs/x.md": "1"})
    clone.branch_off("topic")
    clone.commit("wip", {"chart/values.yaml": "1"})
    clone.commit("wip", {"chart/ü b\n.yaml": "1", "docs/y.md": "1"})
    merged = merge(clone, "topic", "Merge pull request #7 from owner/topic\n\nfeat: values")
    found = history.landings(clone.first, merged, ["ci/a.yml", "chart"])
    assert [landing.commit for landing in found] == [merged, direct]
    assert set(found[0].files) == {"chart/values.yaml", "chart/ü b\n.yaml", "docs/y.md"}
    assert set(found[1].files) == {"ci/a.yml", "README.md"}
    assert [landing.subject for landing in found] == ["feat: values", "ci: a name"]
    assert [len(landing.parents) for landing in found] == [2, 1]
    assert history.landings(direct, merged, ["ci/a.yml"]) == []


def test_without_a_start_the_whole_history_is_read(clone: Clone, history: History) -> None:
    second = clone.change("two")
    found = history.landings("", second, ["file"])
    assert [landing.commit for landing in found] == [second, clone.first]
    assert found[1].parents == ()
    assert history.between("", second) == {second, clone.first}
    assert history.between(clone.first, second) == {second}


def test_what_git_pull_merged_landed_each_on_its_own(clone: Clone, history: History) -> None:
    clone.branch_off("at-origin")
    theirs = [clone.commit(f"fix: {name} (#{name})", {f"chart/{name}": name}) for name in "12"]
    clone.git("switch", "--quiet", "main")
    ours = clone.commit("feat: local", {"chart/local": "x"})
    message = "Merge branch 'main' of github.com:owner/name"
    pulled = merge(clone, "at-origin", message)
    found = history.landings(clone.first, pulled, ["chart"])
    assert {landing.commit for landing in found} == {*theirs, ours}
    assert all(len(landing.files) == 1 for landing in found)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Merge branch 'main' of https://github.com/owner/name", True),
        ("Merge remote-tracking branch 'origin/main'", True),
        ("Merge branch 'feature'", False),
        ("Merge pull request #7 from owner/main", False),
    ],
)
def test_only_a_merge_of_the_remote_branch_is_a_pull(subject: str, expected: bool) -> None:
    assert Landing("c", ("a", "b"), subject, ()).is_pull is expected
    assert not Landing("c", ("a",), subject, ()).is_pull


def test_claims_to_revert_are_found_on_every_branch(clone: Clone, history: History) -> None:
    bad = clone.change("two")
    other = clone.change("three")
    clone.branch_off("revert")
    line = f"This reverts commit {bad}."
    revert = clone.commit(f'Revert "feat: two"\n\n{line}', {"file": "one\n"})
    merge(clone, "revert", "Merge pull request #8 from owner/revert")
    again = clone.commit(f"fix: both\n\n{line}\nThis reverts commit {other}.", {"x": "1"})
    claims = history.claimed_reverts(clone.first, again)
    assert claims == {bad: [again, revert], other: [again]}
    assert history.claimed_reverts(again, again) == {}

"""What the commits say about each other."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tasks.toolkit.clients.git.history import History
from tasks.toolkit.clients.git.repository import Repository

from .conftest import Clone


@pytest.fixture
def history(repository: Repository) -> History:
    """Give the commits of the clone."""
    return repository.history


def test_a_commit_contains_itself_and_its_ancestors(clone: Clone, history: History) -> None:
    second = clone.change("two")
    assert history.contains(second, clone.first)
    assert history.contains(second, second)
    assert not history.contains(clone.first, second)


def test_commits_that_the_clone_lacks_are_named(clone: Clone, history: History) -> None:
    assert history.missing([clone.first, clone.head()]) == []
    assert history.missing([clone.first, "0" * 39 + "1"]) == ["0" * 39 + "1"]


def test_the_commits_that_say_they_revert_another_are_found_newest_first(
    clone: Clone, history: History
) -> None:
    bad = clone.change("two")
    line = f"This reverts commit {bad}."
    other_line = f"This reverts commit {'0' * 40}."
    assert history.claims_to_revert(bad, bad) == []
    first = clone.commit(f"fix: a part\n\n{line}", {})
    newest = clone.commit(f"fix: two at once\n\n{line}\n{other_line}", {})
    clone.commit("feat: third\n\nNot a revert of anything.", {})
    assert history.claims_to_revert("HEAD", bad) == [newest, first]


def test_a_commit_lands_with_the_merge_of_its_branch(clone: Clone, history: History) -> None:
    clone.branch_off("feature")
    commit = clone.change("two")
    merge = clone.merge_into_main("feature")
    direct = clone.commit("feat: after", {"other": "y"})
    assert history.landing_commit("HEAD", commit, clone.first) == merge
    assert history.landing_commit("HEAD", direct, clone.first) == direct


def test_the_time_of_a_commit_is_in_utc(clone: Clone, history: History) -> None:
    clone.git("commit", "--quiet", "--amend", "--no-edit", "--date=2020-01-01")
    seconds = clone.git("log", "-1", "--format=%ct")
    time = history.commit_time("HEAD")
    assert time == datetime.fromtimestamp(int(seconds), UTC)
    assert time.tzinfo is UTC


def test_the_last_change_is_of_the_lines_that_are_asked_for(clone: Clone, history: History) -> None:
    def commit(message: str, chart: str) -> str:
        return clone.commit(message, {"Chart.yaml": chart})

    commit("feat: version", "name: x\nversion: 1.0.0\n")
    second = commit("feat: second version", "name: x\nversion: 1.1.0\n")
    commit("docs: a comment", "# chart\nname: x\nversion: 1.1.0\n")
    found = history.last_change("HEAD", "Chart.yaml", "^version:")
    assert found == f"{second[:7]} feat: second version"
    assert history.summary(second) == found
    assert history.last_change("HEAD", "Chart.yaml", "^nothing:") == ""


def test_a_subject_of_others_is_shown_harmless(clone: Clone, history: History) -> None:
    bad = clone.commit("a\x01b \x1b[2Jc\u2028d\x0ce\u202ef\x7f", {})
    assert history.summary(bad) == rf"{bad[:7]} a\x01b \x1b[2Jc\u2028d\x0ce\u202ef\x7f"
    revert = clone.commit(f"Revert \u2028\x0c\x01\n\nThis reverts commit {bad}.\x1e\x01", {})
    clone.commit("feat: \x0cmore\x85x", {"Chart.yaml": "version: 1"})
    assert history.claims_to_revert("HEAD", bad) == [revert]
    assert history.last_change("HEAD", "Chart.yaml", "^version").endswith(r" feat: \x0cmore\x85x")


def test_commits_of_two_branches_are_counted_from_where_they_parted(
    clone: Clone, history: History
) -> None:
    clone.branch_off("feature")
    feature = clone.change("two")
    clone.git("switch", "--quiet", "main")
    for text in ("three", "four", "five"):
        clone.change(text)
    assert history.merge_base(feature, "main") == clone.first
    assert history.commits_behind(feature, "main") == 3
    clone.git("switch", "--quiet", "--orphan", "unrelated")
    unrelated = clone.commit("feat: unrelated", {})
    assert history.merge_base(unrelated, "main") == ""

"""What the commits say about each other."""

from __future__ import annotations

from datetime import UTC, datetime

from .conftest import Clone


def test_a_commit_contains_itself_and_its_ancestors(clone: Clone) -> None:
    second = clone.commit("feat: second", {"file": "two\n"})
    history = clone.repository().history
    assert history.contains(second, clone.first)
    assert history.contains(second, second)
    assert not history.contains(clone.first, second)


def test_a_revert_counts_unless_it_was_reverted(clone: Clone) -> None:
    history = clone.repository().history
    bad = clone.commit("feat: second", {"file": "two\n"})
    assert history.reverted_by(bad, bad) == ""
    reverts = [bad]
    for number in range(1, 5):
        clone.git("revert", "--no-edit", reverts[-1])
        reverts.append(clone.git("rev-parse", "HEAD"))
        expected = reverts[number] if number % 2 else ""
        if number == 3:  # reverts the revert of the first revert, which counts again
            expected = reverts[1]
        assert history.reverted_by("HEAD", bad) == expected


def test_the_newest_of_several_reverts_is_returned(clone: Clone) -> None:
    bad = clone.commit("feat: second", {"file": "two\n"})
    clone.commit(f"fix: a part\n\nThis reverts commit {bad}.", {"file": "half\n"})
    message = f"fix: two at once\n\nThis reverts commit {bad}.\nThis reverts commit {'0' * 40}."
    newest = clone.commit(message, {"file": "one\n"})
    clone.commit("feat: third\n\nNot a revert of anything.", {"file": "three\n"})
    assert clone.repository().history.reverted_by("HEAD", bad) == newest


def test_a_commit_lands_with_the_merge_of_its_branch(clone: Clone) -> None:
    clone.git("switch", "--quiet", "--create", "feature")
    commit = clone.commit("feat: second", {"file": "two\n"})
    clone.git("switch", "--quiet", "main")
    clone.commit("feat: before", {"other": "x"})
    clone.git("merge", "--quiet", "--no-ff", "--no-edit", "feature")
    merge = clone.git("rev-parse", "HEAD")
    direct = clone.commit("feat: after", {"other": "y"})
    history = clone.repository().history
    assert history.landing_commit("HEAD", commit, clone.first) == merge
    assert history.landing_commit("HEAD", direct, clone.first) == direct


def test_the_time_of_a_commit_is_in_utc(clone: Clone) -> None:
    clone.git("commit", "--quiet", "--amend", "--no-edit")
    seconds = int(clone.git("log", "-1", "--format=%ct"))
    time = clone.repository().history.commit_time("HEAD")
    assert time == datetime.fromtimestamp(seconds, UTC)
    assert time.tzinfo is UTC


def test_the_last_change_is_of_the_lines_that_are_asked_for(clone: Clone) -> None:
    clone.commit("feat: version", {"Chart.yaml": "name: x\nversion: 1.0.0\n"})
    commit = clone.commit("feat: second version", {"Chart.yaml": "name: x\nversion: 1.1.0\n"})
    clone.commit("docs: a comment", {"Chart.yaml": "# chart\nname: x\nversion: 1.1.0\n"})
    history = clone.repository().history
    found = history.last_change("HEAD", "Chart.yaml", "^version:")
    assert found == f"{commit[:7]} feat: second version" == history.summary(commit)
    assert history.last_change("HEAD", "Chart.yaml", "^nothing:") == ""


def test_commits_of_two_branches_are_counted_from_where_they_parted(clone: Clone) -> None:
    clone.git("switch", "--quiet", "--create", "feature")
    feature = clone.commit("feat: second", {"file": "two\n"})
    clone.git("switch", "--quiet", "main")
    for number in range(3):
        clone.commit(f"feat: {number}", {"other": str(number)})
    history = clone.repository().history
    assert history.merge_base(feature, "main") == clone.first
    assert history.commits_behind(feature, "main") == 3
    clone.git("switch", "--quiet", "--orphan", "unrelated")
    assert history.merge_base(clone.commit("feat: unrelated", {}), "main") == ""

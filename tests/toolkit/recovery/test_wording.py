"""What a revert is called: as the other commits are, with the reference to what it reverts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.toolkit.clients.github.pulls import PullRequest
from tasks.toolkit.core.titles import LONGEST_TITLE
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.bad_change import BadChange
from tasks.toolkit.recovery.wording import (
    has_conventional_commits,
    merge_subject,
    word_revert,
)

from ..clients.github.test_pulls import pull
from .charts import commit, git

LONG = "x" * 300


@pytest.fixture
def bad(clone: Path) -> str:
    """Give a commit of a branch whose commits are conventional."""
    return commit(clone, 2)


@pytest.fixture
def plain(clone: Path) -> str:
    """Give a commit of a branch whose commits are not conventional."""
    for number in range(3):
        git(clone, "commit", "--quiet", "--allow-empty", "--message", f"Change {number}")
    return commit(clone, 2)


def change(commit: str, title: str = "", *, only_workflow: bool = False) -> BadChange:
    """Return a commit, or the pull request #42 with a title, as what is to be reverted."""
    found: PullRequest | None = pull(42, title=title) if title else None
    return BadChange("whole", "main", commit, found, only_workflow)


WORDS = [
    ("feat: two", False, 'Revert "feat: two"', 'fix: revert "feat: two" (#42)'),
    ("", False, 'Revert "feat: 2 replicas"', 'fix: revert "feat: 2 replicas"'),
    (
        "feat: two",
        True,
        'Revert the workflow part of "feat: two"',
        'fix: revert the workflow part of "feat: two" (#42)',
    ),
    (
        "",
        True,
        'Revert the workflow part of "feat: 2 replicas"',
        'fix: revert the workflow part of "feat: 2 replicas"',
    ),
]


@pytest.mark.parametrize(("title", "only_workflow", "usual", "conventional"), WORDS)
def test_a_title_fits_to_the_commits_of_the_branch(
    project: Project,
    plain: str,
    title: str,
    only_workflow: bool,
    usual: str,
    conventional: str,
) -> None:
    bad = change(plain, title, only_workflow=only_workflow)
    assert word_revert(project, bad, plain, "", "").title.startswith(usual)
    tip = git(project.root, "commit-tree", f"{plain}^{{tree}}", "-m", "feat: the only commit")
    wording = word_revert(project, bad, tip, "", "")
    assert wording.title == conventional
    assert wording.message.startswith(f"{conventional}\n\nThis reverts ")


def test_the_text_names_what_is_reverted(project: Project, bad: str) -> None:
    whole = word_revert(project, change(bad, "feat: two"), bad, "", "")
    assert whole.body == "Reverts owner/podinfo#42"
    assert whole.message.endswith(f"This reverts commit {bad}.")
    part = word_revert(project, change(bad, "feat: two", only_workflow=True), bad, "", "")
    assert part.body == f"This reverts the workflow part of #42 (commit {bad})."
    assert part.message.endswith(part.body)
    alone = word_revert(project, change(bad), bad, "", "")
    assert alone.body == f"This reverts commit {bad}."


def test_the_users_words_go_first_but_the_commit_says_what_it_reverts(
    project: Project,
    bad: str,
) -> None:
    wording = word_revert(project, change(bad, "feat: two"), bad, "Back", "It broke.")
    assert (wording.title, wording.body) == ("Back", "It broke.")
    assert wording.message == f"Back\n\nThis reverts commit {bad}."


def test_a_long_title_is_shortened_inside(project: Project, bad: str) -> None:
    title = word_revert(project, change(bad, LONG), bad, "", "").title
    assert len(title) == LONGEST_TITLE
    assert title.endswith('xx…" (#42)')


def test_release_please_wants_conventional_commits_whatever_the_others_are(
    project: Project,
    clone: Path,
    plain: str,
) -> None:
    assert not has_conventional_commits(project, plain)
    (clone / ".release-please-manifest.json").write_text("{}")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", "Automate releases")
    assert has_conventional_commits(project, git(clone, "rev-parse", "HEAD"))


def test_merges_do_not_count(project: Project, clone: Path, bad: str) -> None:
    tree = f"{bad}^{{tree}}"
    tip = bad
    for number in range(3):
        merge = ["commit-tree", tree, "-p", tip, "-p", bad, "-m", f"Merge pull request #{number}"]
        tip = git(clone, *merge)
    assert has_conventional_commits(project, tip)


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ('fix: revert "feat: two" (#42)', 'fix: revert "feat: two" (#42) (#43)'),
        ('Revert "feat: two"', 'fix: revert "feat: two" (#43)'),
        ("Back to one", "Back to one (#43)"),
    ],
)
def test_the_merge_of_a_revert_has_a_conventional_subject(title: str, subject: str) -> None:
    assert merge_subject(title, 43) == subject

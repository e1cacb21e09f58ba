"""Compare a revert with git's own revert: only an equal one is merged and published."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..clients.github.pulls import PullRequest
from ..clients.github.workflow_calls import WORKFLOWS
from ..console.output import status
from ..console.waiting import Pending
from ..core.errors import Refused
from ..incident.project import Project
from .bad_change import BadChange, fetch
from .safeguards import first_names

SHOWN_FILES = 5


@dataclass(frozen=True)
class Comparison:
    """The tree `result`, compared with that of the commit `before` with a change reverted.

    `expected` is that tree, or empty if it conflicts. `problem` says how they differ, and
    `command` shows it. If `is_undone` is False, the change is on the branch in spite of it.
    """

    before: str
    expected: str
    result: str
    problem: str = ""
    command: str = ""
    is_undone: bool = True


def fetch_new(project: Project, bad: BadChange, revert: PullRequest) -> tuple[str, str]:
    """Fetch what was opened or merged just now, and may not be at origin yet, like `fetch`."""
    history = project.git.history

    def fetched() -> tuple[str, str] | Pending:
        missing = Pending(f"origin to have #{revert.number}", is_brief=True)
        try:
            tip, revision = fetch(project, bad, revert)
        except Refused:
            return missing
        if revert.merge_commit and not history.contains(tip, revert.merge_commit):
            return missing
        return tip, revision

    return project.wait(fetched, f"see {revert.url}, then re-run the same command")


def compare_pull(
    project: Project,
    revision: str,
    tip: str,
    revert: PullRequest,
) -> Comparison:
    """Compare the merge of a pull request, or what its merge would make of the `tip` now."""
    git = project.git
    if revert.state != "MERGED":
        result = git.trees.merged(tip, revert.head_commit)
        return compare(project, tip, revision, result)
    before, _ = git.history.landed(revert.merge_commit, revert.head_commit)
    result = git.trees.of(revert.merge_commit)
    comparison = compare(project, before, revision, result)
    if not git.history.contains(tip, revert.merge_commit):
        problem = "is not on the branch any more"
        return replace(comparison, problem=problem, is_undone=False)
    return check_undone(project, comparison, revision, tip)


def compare(
    project: Project,
    before: str,
    revision: str,
    result: str,
) -> Comparison:
    """Compare a tree with that of `before` with a commit or range reverted."""
    trees = project.git.trees
    expected = trees.reverted(before, revision)
    if result == expected:
        return Comparison(before, expected, result)
    problem, base = "conflicts with its base branch", expected
    if result and expected:
        files = trees.differing_files(expected, result)
        problem = f"differs from what git reverts in {first_names(files, SHOWN_FILES)}"
    elif result:
        base = trees.of(before)
        files = trees.differing_files(base, result)
        names = first_names(files, SHOWN_FILES)
        problem = f"was resolved by hand, since git finds a conflict; it changes {names}"
    options = "--ignore-submodules=none --no-ext-diff --no-textconv --text"
    command = ""
    if result:
        command = f"git diff {options} {base[:12]} {result[:12]}"
    return Comparison(before, expected, result, problem, command)


def check_undone(
    project: Project,
    comparison: Comparison,
    revision: str,
    tip: str,
) -> Comparison:
    """Check that the change is not on the `tip` in spite of its revert; return the comparison.

    A revert may have been reverted itself, by whatever change.
    """
    trees = project.git.trees
    there = trees.of(tip)
    if there == comparison.expected or trees.reverted(tip, revision) in ("", there):
        return comparison
    problem = comparison.problem or "was itself undone later"
    return replace(comparison, problem=problem, is_undone=False)


def name_others(
    project: Project,
    merged: PullRequest,
    since: str,
    before: str,
) -> None:
    """Print the other changes that were merged before a revert: they are published with it."""
    if since == before:
        return
    folders = [*project.git.chart_folders(), WORKFLOWS]
    others = project.git.history.changes(since, before, folders)
    if others:
        names = first_names([f'"{other}"' for other in others], 3)
        status(f"merged before #{merged.number}, and published with it: {names}", "warning")

"""The tree to package the chart from: a commit, the merged revert, or the working copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from ..console.output import status
from ..core.errors import Refused
from ..incident.log import IncidentLog
from ..incident.project import Project


@dataclass(frozen=True)
class Source:
    """A tree to package: its top folder, what it is in words, and its commit if it is one."""

    top: Path
    name: str
    commit: str = ""


def open_source(project: Project, log: IncidentLog, ref: str) -> AbstractContextManager[Source]:
    """Return a context with the source: `ref`, else the revert, else the working copy.

    Raises BadInput for an unknown `ref`, Refused if a revert is not merged.
    """
    facts = log.facts
    if ref:
        return _referenced_commit(project, ref)
    if facts.good_commit:
        return _merged_revert(project, facts.good_commit)
    if facts.planned_revert:
        return _planned_revert(project, facts.planned_revert)
    if facts.revert or facts.revert_is_planned:
        what = "the revert is not merged, and the working copy is not reverted"
        raise Refused(what, "add --merge to the revert, or give --ref")
    return nullcontext(_working_copy(project))


def commit_at_origin(project: Project, tag: str, packaged: str = "") -> str:
    """Return the commit that a tag names at origin, or nothing.

    Warn if the clone's tag names another, unless `packaged` is the commit at origin.
    """
    at_origin, here = project.git.tags.origin_and_local(tag)
    if at_origin and here and at_origin not in (here, packaged):
        moved = f"it is {here[:12]} here, but {at_origin[:12]} at origin, which is used"
        status(f"the tag {tag} was moved: {moved}", "warning")
    return at_origin


@contextmanager
def _referenced_commit(project: Project, ref: str) -> Iterator[Source]:
    git = project.git
    git.fetch(project.default_branch)
    git.tags.fetch()
    commit = commit_at_origin(project, ref.removeprefix("refs/tags/")) or git.resolve(ref)
    with git.worktrees.checkout(commit) as tree:
        yield Source(tree, f"{ref} = {git.history.summary(commit)}", commit)


@contextmanager
def _merged_revert(project: Project, commit: str) -> Iterator[Source]:
    git = project.git
    git.fetch(project.default_branch)
    with git.worktrees.checkout(commit) as tree:
        yield Source(tree, f"the merged revert {git.history.summary(commit)}", commit)


@contextmanager
def _planned_revert(project: Project, bad: str) -> Iterator[Source]:
    """Revert `bad` here; a plan packages the default branch, where its revert is merged by then."""
    git = project.git
    tip = git.fetch(project.default_branch, show_in_plan=True)
    name = f"{project.default_branch} with {git.history.summary(bad)} reverted"
    with git.worktrees.checkout(tip, shown_as="FETCH_HEAD") as tree:
        git.worktrees.revert(tree, bad, quiet=True)
        yield Source(tree, name, git.resolve("HEAD", tree))


def _working_copy(project: Project) -> Source:
    folder = project.root / project.chart_dir
    changes = project.git.uncommitted_changes(folder)
    name = "the working copy"
    if changes:
        plural = "s" if len(changes) > 1 else ""
        name += f", with uncommitted changes in {len(changes)} file{plural}"
    status(f"packaging {name}: {folder}", "warning")
    return Source(project.root, name)

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
        commit = _fetch_commit(project, ref)
        return _committed_source(project, commit, f"{ref} =")
    if facts.good_commit and not facts.compared:
        what = "the merged revert was not compared with what git makes of it"
        raise Refused(what, "run the same revert again, which compares it, or give --ref")
    if facts.good_commit:
        project.git.fetch(project.default_branch)
        return _committed_source(project, facts.good_commit, "the merged revert")
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
    if not at_origin or not here:
        return at_origin
    if at_origin not in (here, packaged):
        moved = f"it is {here[:12]} here, but {at_origin[:12]} at origin, which is used"
        status(f"the tag {tag} was moved: {moved}", "warning")
    return at_origin


def _fetch_commit(project: Project, ref: str) -> str:
    """Return the commit that `ref` names; a tag is taken as it is at origin. Raises BadInput."""
    git = project.git
    git.fetch(project.default_branch)
    git.tags.fetch()
    tag = ref.removeprefix("refs/tags/")
    commit = commit_at_origin(project, tag)
    return commit or git.resolve(ref)


@contextmanager
def _committed_source(project: Project, commit: str, role: str) -> Iterator[Source]:
    """Check out a commit; in the name of the source its `role` precedes its summary."""
    git = project.git
    summary = git.history.summary(commit)
    with git.worktrees.checkout(commit) as tree:
        yield Source(tree, f"{role} {summary}", commit)


@contextmanager
def _planned_revert(project: Project, bad: str) -> Iterator[Source]:
    """Revert `bad` here; a plan packages the default branch, where its revert is merged by then."""
    git = project.git
    tip = git.fetch(project.default_branch, show_in_plan=True)
    summary = git.history.summary(bad)
    name = f"{project.default_branch} with {summary} reverted"
    checkout = git.worktrees.checkout(tip, shown_as="FETCH_HEAD")
    with checkout as tree:
        git.worktrees.revert(tree, bad, quiet=True)
        commit = git.resolve("HEAD", tree)
        yield Source(tree, name, commit)


def _working_copy(project: Project) -> Source:
    folder = project.root / project.chart_dir
    changes = project.git.uncommitted_changes(folder)
    name = "the working copy"
    if changes:
        count = len(changes)
        files = "files" if count > 1 else "file"
        name += f", with uncommitted changes in {count} {files}"
    status(f"packaging {name}: {folder}", "warning")
    return Source(project.root, name)

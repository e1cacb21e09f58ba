"""The source of the chart to package: a commit, the merged revert, or the working copy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from ..console.output import status
from ..core.errors import BadInput, Refused
from ..core.printable import one_line
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project

BRANCH_PREFIX = r"^(refs/heads/|refs/remotes/origin/|origin/)"


@dataclass(frozen=True)
class Source:
    """A tree to package: its top folder, and what it is in words.

    It has a `commit` unless it is the working copy, and the `tag` by which that was asked for.
    """

    top: Path
    name: str
    commit: str = ""
    tag: str = ""


def open_source(project: Project, log: IncidentLog, ref: str) -> AbstractContextManager[Source]:
    """Return a context with the source: `ref`, else the revert, else the working copy.

    Raises BadInput for an unknown `ref`, Refused if a revert is not merged.
    """
    facts = log.facts
    if ref:
        commit, tag = find_commit(project, ref)
        return _committed_source(project, commit, f"{ref} =", tag)
    if facts.good_commit and not facts.compared:
        what = "the merged revert was not compared with git's own revert"
        raise Refused(what, "re-run the revert to compare it, or give --ref")
    if facts.good_commit:
        if project.git.history.missing([facts.good_commit]):
            project.git.fetch(project.default_branch)
        return _committed_source(project, facts.good_commit, "the merged revert")
    if facts.planned_merge:
        return _planned_merge(project, facts.planned_merge)
    if facts.planned_revert:
        return _planned_revert(project, facts.planned_revert)
    ensure_no_open_revert(facts)
    return nullcontext(_working_copy(project))


def ensure_no_open_revert(facts: Facts) -> None:
    """Raise Refused if the incident has a revert that is not merged."""
    if facts.revert or facts.revert_is_planned:
        what = "the revert is not merged, and the working copy is not reverted"
        raise Refused(what, "add --merge to the revert, or give --ref")


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


def find_commit(project: Project, ref: str) -> tuple[str, str]:
    """Return the commit that `ref` names, and the tag if it is one. Raises BadInput.

    Tags and branches are those at origin; warn about one that only the clone has.
    """
    git = project.git
    git.fetch(project.default_branch)
    git.tags.fetch()
    tag = ref.removeprefix("refs/tags/")
    commit = commit_at_origin(project, tag)
    if commit:
        return commit, tag
    branch = re.sub(BRANCH_PREFIX, "", ref)
    commit = _branch_at_origin(project, branch)
    if commit:
        return commit, ""
    commit = git.resolve(ref)
    _, local_tag = git.tags.origin_and_local(tag)
    if local_tag or _local_branch(project, branch):
        status(f"origin has no {ref}: it is packaged from this clone", "warning")
    return commit, tag if local_tag else ""


def _branch_at_origin(project: Project, branch: str) -> str:
    """Return the commit of a branch at origin, or nothing; print how the clone's differs."""
    git = project.git
    if not git.remote_commit(branch):
        return ""
    at_origin = git.fetch(branch)
    here = _local_branch(project, branch)
    used = f"{branch} is packaged as it is at origin, {at_origin[:12]}"
    if here and not git.history.contains(at_origin, here):
        ahead = git.history.commits_behind(at_origin, here)
        status(f"{used}; commits of your {branch} that origin lacks: {ahead}", "warning")
    elif here and here != at_origin:
        behind = git.history.commits_behind(here, at_origin)
        status(f"{used}; your {branch} is older, commits that it lacks: {behind}")
    return at_origin


def _local_branch(project: Project, branch: str) -> str:
    """Return the commit of the clone's own branch, or nothing."""
    with suppress(BadInput):
        return project.git.resolve(f"refs/heads/{branch}")
    return ""


@contextmanager
def _committed_source(
    project: Project,
    commit: str,
    role: str,
    tag: str = "",
) -> Iterator[Source]:
    """Check out a commit; in the name of the source its `role` precedes its summary."""
    git = project.git
    summary = git.history.summary(commit)
    with git.worktrees.checkout(commit) as tree:
        yield Source(tree, f"{role} {summary}", commit, tag)


@contextmanager
def _planned_revert(project: Project, bad: str) -> Iterator[Source]:
    """Revert `bad` here; a plan packages the default branch, where its revert is merged by then."""
    git = project.git
    tip = git.fetch(project.default_branch, show_in_plan=True)
    summary = git.history.summary(bad)
    name = f"{project.default_branch} with {summary} reverted"
    with git.worktrees.checkout(tip, quiet=True, files=False) as tree:
        git.worktrees.revert(tree, bad, f"Revert {summary}", quiet=True)
        commit = git.resolve("HEAD", tree)
    with git.worktrees.checkout(commit, shown_as="FETCH_HEAD") as tree:
        yield Source(tree, name, commit)


@contextmanager
def _planned_merge(project: Project, commit: str) -> Iterator[Source]:
    """Check out what a merge would make; a plan packages the default branch, merged by then."""
    git = project.git
    git.fetch(project.default_branch, show_in_plan=True)
    (subject,) = git.history.subjects(commit, 1)
    with git.worktrees.checkout(commit, shown_as="FETCH_HEAD") as tree:
        yield Source(tree, f"{project.default_branch} with {one_line(subject)}", commit)


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

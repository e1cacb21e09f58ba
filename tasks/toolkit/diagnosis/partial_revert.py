"""Find what of a suspect can be reverted: all of it, its workflow part, or nothing but by hand."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from ..core.errors import RecipeError
from ..incident.project import Project
from ..recovery.bad_change import BadChange, fetch, revision_of
from ..recovery.conflicts import revert_by_hand
from ..recovery.safeguards import first_names
from .suspects import Suspect

ONLY_WORKFLOW = " --only-workflow"
SHOWN = 3


def prefer_revertible_part(project: Project, suspect: Suspect) -> Suspect:
    """Return a suspect, with what to do instead if its full revert conflicts.

    Where a conflict cannot be checked, the revert itself says why it is refused.
    """
    if not suspect.is_reverted:
        with suppress(RecipeError):
            return _with_alternative(project, suspect)
    return suspect


def _with_alternative(project: Project, suspect: Suspect) -> Suspect:
    """Return a suspect with the option to revert its workflow part, or with the way by hand."""
    commit = suspect.change.landing.commit
    if suspect.pull:
        commit = suspect.pull.merge_commit
    bad = BadChange(suspect.name, project.default_branch, commit, suspect.pull)
    tip, revision = fetch(project, bad)
    files = project.git.trees.conflicts(tip, revision)
    if not files:
        return suspect
    names = first_names(files, SHOWN)
    if _has_other_files(suspect) and not _part_conflicts(project, bad, tip):
        note = f"its full revert conflicts in {names}, the revert of its workflow part does not"
        return replace(suspect, options=f"{suspect.options}{ONLY_WORKFLOW}", note=note)
    if suspect.undoing:  # an open revert, which may be resolved already
        return suspect
    by_hand = revert_by_hand(bad, suspect.short_name)
    return replace(suspect, note=f"its revert conflicts in {names}", by_hand=by_hand)


def _has_other_files(suspect: Suspect) -> bool:
    """Return whether a suspect changed a workflow, and other files."""
    workflow = set(suspect.change.files.get("workflow", ()))
    if not workflow:
        return False
    return workflow != set(suspect.change.landing.files)


def _part_conflicts(project: Project, bad: BadChange, tip: str) -> bool:
    of_workflow = replace(bad, only_workflow=True)
    part = revision_of(project, of_workflow)
    return bool(project.git.trees.conflicts(tip, part))

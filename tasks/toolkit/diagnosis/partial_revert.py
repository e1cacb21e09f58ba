"""Whether only the workflow part of a change can be reverted: the whole conflicts elsewhere."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from ..core.errors import RecipeError
from ..incident.project import Project
from ..recovery.bad_change import BadChange, fetch, revision_of
from ..recovery.safeguards import first_names
from .suspects import Suspect

ONLY_WORKFLOW = " --only-workflow"
SHOWN = 3


def prefer_revertible_part(project: Project, suspect: Suspect) -> Suspect:
    """Return a suspect, with the option to revert its workflow part if the whole conflicts.

    What cannot be tried is left to the revert, which says why it is refused.
    """
    workflow = set(suspect.change.files.get("workflow", ()))
    if suspect.is_reverted or not workflow or workflow == set(suspect.change.landing.files):
        return suspect
    with suppress(RecipeError):
        files = _conflicts(project, suspect)
        if files:
            note = f"its whole revert conflicts in {first_names(files, SHOWN)}"
            note += ", that of its workflow part does not"
            return replace(suspect, options=f"{suspect.options}{ONLY_WORKFLOW}", note=note)
    return suspect


def _conflicts(project: Project, suspect: Suspect) -> list[str]:
    """Return in which files the revert conflicts, if that of the workflow part does not."""
    commit = suspect.pull.merge_commit if suspect.pull else suspect.change.landing.commit
    bad = BadChange(suspect.name, project.default_branch, commit, suspect.pull)
    tip, revision = fetch(project, bad)
    trees = project.git.trees
    files = trees.conflicts(tip, revision)
    if not files:
        return []
    part = revision_of(project, replace(bad, only_workflow=True))
    return [] if trees.conflicts(tip, part) else files

"""Refuse a revert that conflicts, as git or GitHub would, and say what can be reverted instead."""

from __future__ import annotations

from dataclasses import replace

from ..core.errors import Refused
from ..core.invocation import typed_with_option
from ..core.revert_claims import REVERTS, REVERTS_PART
from ..incident.project import Project
from .bad_change import BadChange, revision_of
from .safeguards import first_names

SHOWN_FILES = 10
TASKS = ("recover", "rollback.revert", "rollback.commit")


def ensure_revertible(project: Project, bad: BadChange, tip: str, revision: str) -> None:
    """Raise Refused if the revert of `bad`, which is `revision`, conflicts at `tip`.

    A dry run looks too, since its plan would fail as well.
    """
    files = project.git.trees.conflicts(tip, revision)
    if files:
        names = first_names(files, SHOWN_FILES)
        what = f"{bad.name} cannot be reverted without a conflict in {names}"
        raise Refused(what, f"nothing was changed; {_advice(project, bad, tip)}")


def revert_by_hand(bad: BadChange, name: str = "it") -> str:
    """Return how to revert `bad` by hand, so that the pull request is found as its revert."""
    claim = REVERTS.format(bad.commit)
    if bad.pull:
        claim = f"Reverts #{bad.number}"
    if bad.only_workflow:
        claim = REVERTS_PART.format(bad.whole_name, bad.commit)
    return f"revert {name} by hand on a branch, open a pull request whose text has `{claim}`"


def _advice(project: Project, bad: BadChange, tip: str) -> str:
    """Return what to do instead: revert the workflow part only, if that is possible."""
    by_hand = f"{revert_by_hand(bad)}, and add --accept with its number"
    if bad.only_workflow:
        return by_hand
    try:
        part = revision_of(project, replace(bad, only_workflow=True))
    except Refused:  # it changed no workflow
        return by_hand
    trees = project.git.trees
    files = trees.conflicts(tip, part)
    if files:
        names = first_names(files, SHOWN_FILES)
        return f"its workflow part alone conflicts too, in {names}; {by_hand}"
    if trees.reverted(tip, part) == trees.of(tip):
        return f"its workflow part is already reverted; {by_hand}"
    command = typed_with_option("--only-workflow", TASKS)
    return f"its workflow part alone can be reverted: `{command}`"

"""What a reviewer has approved is what is published: nothing of it has changed after the plan."""

from __future__ import annotations

import os

from ..clients.github.workflow_calls import WORKFLOWS
from ..core.errors import Refused
from ..incident.log import IncidentLog
from ..incident.project import Project
from .touched import local_parts

VARIABLE = "PLANNED_COMMIT"  # of the job that recovers: the tip that its plan was made from
MOST_NAMES = 3


def ensure_as_planned(project: Project, log: IncidentLog) -> None:
    """Check that no chart and no workflow has changed on the default branch after the plan.

    A recovery that has begun goes on, since its own revert is such a change. Raises Refused.
    """
    planned = os.environ.get(VARIABLE, "")
    facts = log.facts
    if not planned or facts.revert or facts.good_commit:
        return
    tip = project.fetch_tip()
    folders = [chart.chart_dir for chart in project.charts()]
    parts = local_parts(project, folders, tip)
    published = {WORKFLOWS, *folders}
    for folder in folders:
        published |= parts[folder]
    changed = []
    for file in project.git.trees.differing_files(planned, tip):
        if any(_is_in(file, folder) for folder in published):
            changed.append(file)
    if not changed:
        return
    names = ", ".join(changed[:MOST_NAMES])
    if len(changed) > MOST_NAMES:
        names += f" and {len(changed) - MOST_NAMES} more"
    what = f"{project.default_branch} has changed after the plan, in {names}; nothing was done"
    raise Refused(what, "start the workflow again: its new plan has that in it")


def _is_in(file: str, folder: str) -> bool:
    return folder in ("", ".") or file.startswith(f"{folder}/")

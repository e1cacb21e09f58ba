"""What the repository's pages on GitHub show now: open incidents, and workflows that fail."""

from __future__ import annotations

from ..clients.github.issues import INCIDENT_LABEL, Issue
from ..clients.github.runs import Run
from ..incident.project import Project

GOOD_CONCLUSIONS = ("success", "skipped", "neutral")


def open_incidents(project: Project) -> list[Issue]:
    """Return the open issues of incidents, newest first."""
    return project.github.issues.with_labels(INCIDENT_LABEL)


def newest_runs(project: Project) -> list[Run]:
    """Return the newest run of each workflow on the default branch or the tag of a release."""
    runs = project.github.actions.deployments(project.default_branch)
    newest = {run.workflow: run for run in reversed(runs)}
    return list(newest.values())


def has_failed(run: Run) -> bool:
    """Return whether a run has ended badly."""
    return run.status == "completed" and run.conclusion not in GOOD_CONCLUSIONS

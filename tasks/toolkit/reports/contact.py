"""What the repository's pages on GitHub show now: open incidents, and workflows that fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..clients.github.issues import INCIDENT_LABEL, Issue
from ..clients.github.runs import Run
from ..incident.project import Project

NO_FAILURE = (
    "",  # not completed
    "success",
    "skipped",
    "neutral",
)


def open_incidents(project: Project) -> list[Issue]:
    """Return the open issues of incidents, newest first."""
    return project.github.issues.with_labels(INCIDENT_LABEL)


def newest_runs(project: Project) -> list[Run]:
    """Return the newest run of each workflow on the default branch or the tag of a release."""
    runs = project.github.actions.deployments(project.default_branch)
    return newest_of_each_workflow(runs)


def newest_of_each_workflow(runs: list[Run]) -> list[Run]:
    """Return the first run of each workflow; `runs` are newest first."""
    newest = {}
    for run in reversed(runs):
        newest[run.workflow] = run
    return list(newest.values())


def has_failed(run: Run) -> bool:
    """Return whether a run has ended badly."""
    return run.conclusion not in NO_FAILURE


def issues_data(issues: Sequence[Issue]) -> list[dict[str, Any]]:
    """Return issues for JSON."""
    data = []
    for issue in issues:
        data.append({"number": issue.number, "title": issue.title, "url": issue.url})
    return data


def runs_data(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return runs for JSON."""
    data = []
    for run in runs:
        data.append(
            {
                "workflow": run.workflow,
                "id": run.id,
                "branch": run.branch,
                "conclusion": run.conclusion,
                "url": run.url,
            }
        )
    return data

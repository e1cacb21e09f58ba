"""What the repository's pages on GitHub show now: open incidents, and workflows that fail."""

from __future__ import annotations

import webbrowser
from collections.abc import Sequence
from typing import Any

from ..clients.github.issues import INCIDENT_LABEL, Issue
from ..clients.github.runs import Run
from ..console import output
from ..console.result import add_details
from ..core.errors import ServiceError
from ..incident.project import Project

NO_FAILURE = (
    "",  # not completed
    "success",
    "skipped",
    "neutral",
)


def list_open_incidents(project: Project) -> None:
    """Print the open issues of incidents, newest first."""
    incidents = project.github.issues.with_labels(INCIDENT_LABEL)
    add_details({"issues": issues_data(incidents)})
    for issue in incidents:
        title = f'#{issue.number} "{issue.title}"'
        output.status(f"open incident {title} {issue.url}", "warning")
    if not incidents:
        output.status("no incident is open", "done")


def list_failing_workflows(project: Project) -> None:
    """Print each workflow whose newest run on the default branch or a release's tag failed."""
    branch = project.default_branch
    runs = newest_of_each_workflow(project.github.actions.deployments(branch))
    failed = [run for run in runs if has_failed(run)]
    add_details({"failed_runs": runs_data(failed)})
    for run in failed:
        name = f"run {run.id} on {run.branch}"
        end = f"{run.conclusion}, {run.url}"
        output.status(f"{run.workflow} is failing: {name}, {end}", "warning")
    if not runs:
        output.status(f"no workflow has run yet on {branch} or the tag of a release", "done")
    elif not failed:
        names = ", ".join(run.workflow for run in runs)
        output.status(f"the newest run of each workflow did not fail: {names}", "done")


def show_page(project: Project, page: str, *, browse: bool) -> None:
    """Print the URL of a page of the repository, and open it. Raises ServiceError."""
    url = f"https://github.com/{project.slug}/{page}"
    output.print_line(url)
    if browse and not webbrowser.open(url):
        raise ServiceError("no browser could be started", "set BROWSER, or open the link yourself")


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

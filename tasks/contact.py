"""Contact."""

from __future__ import annotations

import webbrowser

from .toolkit.console import output
from .toolkit.console.result import add_details
from .toolkit.core.errors import ServiceError
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import recipe
from .toolkit.reports.contact import has_failed, issues_data, newest_runs, open_incidents, runs_data

OPEN = {"open": "open the link in the browser"}


@recipe(help=OPEN)
def issues(incident: Incident, open: bool = False) -> None:  # noqa: A002
    """Open issue: https://github.com/stianfro/threek8s/issues, and list the open incidents."""
    incidents = open_incidents(incident.project)
    add_details({"issues": issues_data(incidents)})
    for issue in incidents:
        title = f'#{issue.number} "{issue.title}"'
        output.status(f"open incident {title} {issue.url}", "warning")
    if not incidents:
        output.status("no incident is open", "done")
    _show_link(f"https://github.com/{incident.project.slug}/issues", open)


@recipe(help=OPEN)
def status(incident: Incident, open: bool = False) -> None:  # noqa: A002
    """Check status: https://github.com/stianfro/threek8s/actions, and list failing workflows."""
    runs = newest_runs(incident.project)
    failed = [run for run in runs if has_failed(run)]
    add_details({"failed_runs": runs_data(failed)})
    for run in failed:
        name = f"run {run.id} on {run.branch}"
        end = f"{run.conclusion}, {run.url}"
        output.status(f"{run.workflow} is failing: {name}, {end}", "warning")
    if not runs:
        branch = incident.project.default_branch
        output.status(f"no workflow has run yet on {branch} or the tag of a release", "done")
    elif not failed:
        names = ", ".join(run.workflow for run in runs)
        output.status(f"the newest run of {names} did not fail", "done")
    _show_link(f"https://github.com/{incident.project.slug}/actions", open)


def _show_link(url: str, browse: bool) -> None:
    output.print_line(url)
    if browse and not webbrowser.open(url):
        raise ServiceError("no browser could be started", "set BROWSER, or open the link yourself")

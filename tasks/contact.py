"""Contact."""

from __future__ import annotations

import webbrowser

from .toolkit.clients.github.issues import INCIDENT_LABEL
from .toolkit.console.output import print_line
from .toolkit.core.errors import ServiceError
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import recipe

OPEN = {"open": "open the link in the browser"}


@recipe(help=OPEN)
def issues(incident: Incident, open: bool = False) -> None:  # noqa: A002
    """Open issue: https://github.com/stianfro/threek8s/issues, and the incidents that are open there."""
    found = incident.github.issues(INCIDENT_LABEL)
    for issue in found:
        status(
            "contact.issues", f'open incident #{issue.number} "{issue.title}" {issue.url}', "look"
        )
    if not found:
        status("contact.issues", "no incident is open", "done")
    _link(f"https://github.com/{incident.slug}/issues", open)


@recipe(help=OPEN)
def status(incident: Incident, open: bool = False) -> None:  # noqa: A002
    """Check status: https://github.com/stianfro/threek8s/actions, and whether runs are failing."""
    newest = {run.workflow: run for run in reversed(incident.github.deployments(incident.branch))}
    failing = [
        run
        for run in newest.values()
        if run.status == "completed" and run.conclusion not in ("success", "skipped", "neutral")
    ]
    for run in failing:
        status(
            "contact.status",
            f"{run.workflow} is failing: run {run.id} on {run.branch}, {run.conclusion}, {run.url}",
            "look",
        )
    if not failing:
        nothing = f"nothing has run yet on {incident.branch} or a release's tag"
        status(
            "contact.status",
            f"the newest run of {', '.join(newest)} did not fail" if newest else nothing,
            "done",
        )
    _link(f"https://github.com/{incident.slug}/actions", open)


def _link(url: str, browse: bool) -> None:
    print_line(url)
    if browse and not webbrowser.open(url):
        raise ServiceError("no browser could be started", "set BROWSER, or open the link yourself")

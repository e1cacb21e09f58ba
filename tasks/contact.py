"""Contact."""

from __future__ import annotations

from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import recipe

OPEN = {"open": "open the link in the browser"}


@recipe(help=OPEN)
def issues(incident: Incident, open: bool = False) -> None:
    """Open issue: https://github.com/stianfro/threek8s/issues, and list the open incidents."""
    from .toolkit.reports.contact import list_open_incidents, show_page

    list_open_incidents(incident.project)
    show_page(incident.project, "issues", browse=open)


@recipe(help=OPEN)
def status(incident: Incident, open: bool = False) -> None:
    """Check status: https://github.com/stianfro/threek8s/actions, and list failing workflows."""
    from .toolkit.reports.contact import list_failing_workflows, show_page

    list_failing_workflows(incident.project)
    show_page(incident.project, "actions", browse=open)

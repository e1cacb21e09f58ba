"""Support."""

from __future__ import annotations

from .toolkit.core.titles import check_title
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import EACH_CHART, recipe

NOTIFY_HELP = {
    "tag": "the release; default: the newest, or with --resolved every one that has a notice",
    "version": "offer the source of this version; default: of a release that can be installed",
    "resolved": "remove the notice",
}
LESSONS_HELP = {
    "file": "where to write them; default: beside the incident's journal",
    "close": "close the issue, and the incident",
}


@recipe(name="incident", acts=True, help={"title": "title of the issue"})
def incident_issue(incident: Incident, title: str = "") -> None:
    """1. Create an incident issue in GitHub; 2. tag it as `priority: high` and `type: incident`.

    There is one issue an incident. Later runs bring it up to date.
    """
    from .toolkit.reports.issue import update_issue
    from .toolkit.workflows.laid_files import rollback_page

    check_title(title)
    update_issue(incident.project, incident.log, title, rollback_page(incident.project))


@recipe(acts=True, takes=EACH_CHART, excluding=[("resolved", "version")], help=NOTIFY_HELP)
def notify(incident: Incident, tag: str = "", version: str = "", resolved: bool = False) -> None:
    """3. Notify users via release notes or status page: put a notice with tested workarounds."""
    from .toolkit.reports.notice import put_notices, remove_notices
    from .toolkit.workflows.touched import concerned_charts

    if resolved:
        remove_notices(incident.project, incident.log, tag)
    else:
        charts = concerned_charts(incident.project, incident.log)
        put_notices(incident.project, charts, incident.log, tag, version)


@recipe(acts=True, help=LESSONS_HELP)
def lessons(incident: Incident, file: str = "", close: bool = False) -> None:
    """4. Document lessons learned after resolution: from the journal, to a file and the issue."""
    from .toolkit.reports.lessons import write_lessons

    write_lessons(incident.project, incident.log, file, close)

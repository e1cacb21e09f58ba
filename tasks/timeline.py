"""Recovery Timeline."""

from __future__ import annotations

from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import recipe

SHOW_HELP = {
    "incident-id": "the incident, by its id in timeline.history; default: the open or newest one",
    "mermaid": "print a Gantt chart that GitHub renders",
}


@recipe(default=True, excluding=[("json", "mermaid")], help=SHOW_HELP)
def show(incident: Incident, incident_id: str = "", mermaid: bool = False) -> None:
    """Compare the incident with the budgets: Immediate (5 min), Quick (30 min), Full (1-2 hours).

    - Immediate (5 min): Revert PR if workflow is broken
    - Quick (30 min): Manual chart publication if needed
    - Full (1-2 hours): Complete fix and re-deployment
    """
    from .toolkit.console.output import print_line
    from .toolkit.console.result import add_details
    from .toolkit.incident.stages import gantt_chart
    from .toolkit.reports.timeline import find_journal, print_timeline, timeline_data

    journal = find_journal(incident.log, incident_id)
    add_details(timeline_data(journal))
    if mermaid:
        print_line(gantt_chart(journal))
    else:
        print_timeline(journal)


@recipe(acts=True, help={"reason": "what is wrong, in a few words"})
def start(incident: Incident, reason: str = "") -> None:
    """Open an incident, which starts its clock; otherwise the first change opens one."""
    from .toolkit.incident.clock import start_clock

    start_clock(incident.log, reason)


@recipe(acts=True)
def stop(incident: Incident) -> None:
    """Close the incident, which stops its clock; the next change opens another."""
    from .toolkit.incident.clock import stop_clock

    stop_clock(incident.log)


@recipe()
def history(incident: Incident) -> None:
    """List past incidents with their recovery times, their median and the worst."""
    from .toolkit.reports.timeline import print_history

    print_history(incident.log)

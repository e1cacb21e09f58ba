"""Recovery Timeline."""

from __future__ import annotations

from .toolkit.console.output import format_duration, print_line, status
from .toolkit.console.result import add_details, note_journal
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import recipe
from .toolkit.incident.stages import gantt_chart
from .toolkit.reports.timeline import (
    find_journal,
    past_incidents,
    print_incidents,
    print_timeline,
    recovery_times,
    timeline_data,
)

SHOW_HELP = {
    "incident-id": "the incident, by its id in timeline.history; default: the open or newest one",
    "mermaid": "print a Gantt chart that GitHub renders",
}


@recipe(default=True, excluding=[("json", "mermaid")], help=SHOW_HELP)
def show(
    incident: Incident,
    incident_id: str = "",
    mermaid: bool = False,
) -> None:
    """Compare the incident with the budgets: Immediate (5 min), Quick (30 min), Full (1-2 hours).

    - Immediate (5 min): Revert PR if workflow is broken
    - Quick (30 min): Manual chart publication if needed
    - Full (1-2 hours): Complete fix and re-deployment
    """
    journal = find_journal(incident.log, incident_id)
    add_details(timeline_data(journal))
    if mermaid:
        print_line(gantt_chart(journal))
    else:
        print_timeline(journal)


@recipe(acts=True, help={"reason": "what is wrong, in a few words"})
def start(incident: Incident, reason: str = "") -> None:
    """Open an incident, which starts its clock; otherwise the first change opens one."""
    log = incident.log
    if not log.is_open:
        log.begin(reason)
        plan = f"an incident is opened in {log.state}"
        log.announce(f"incident {log.journal.id} is open", plan=plan)
        return
    status(f"{log.journal.id} is already open", "done")
    recorded = log.journal.opened.data.get("reason")
    if reason and reason != recorded:
        kept = f'its reason stays "{recorded}"' if recorded else "it stays without a reason"
        status(f'{kept}, and "{reason}" is not recorded', "warning")
        status("if that is another incident, close this one first: invoke timeline.stop", "next")


@recipe(acts=True)
def stop(incident: Incident) -> None:
    """Close the incident, which stops its clock; the next change opens another."""
    journal = incident.log.journal
    if not incident.log.is_open:
        status("no incident is open", "done")
        return
    note_journal(journal)
    incident.log.close()
    closed = f"incident {journal.id} is closed"
    elapsed = format_duration(journal.elapsed())
    incident.log.announce(f"{closed} after {elapsed}", plan=closed)


@recipe()
def history(incident: Incident) -> None:
    """List past incidents with their recovery times, their median and the worst."""
    incidents = past_incidents(incident.log.state, incident.log.owner)
    times = recovery_times(incidents)
    add_details({"incidents": incidents, **times})
    print_incidents(incidents)
    if times["recovered"]:
        median = format_duration(times["median"])
        worst = format_duration(times["worst"])
        status(f"{times['recovered']} recovered, median {median}, worst {worst}")

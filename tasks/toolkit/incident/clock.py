"""The clock of an incident: it runs from when the incident is opened until it is closed."""

from __future__ import annotations

from ..console.output import format_duration, status
from ..console.result import note_journal
from .log import IncidentLog


def start_clock(log: IncidentLog, reason: str) -> None:
    """Open an incident, unless one is open: that keeps its reason."""
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
        advice = "if that is another incident, close this one first: invoke timeline.stop"
        status(advice, "next")


def stop_clock(log: IncidentLog) -> None:
    """Close the incident, if one is open."""
    journal = log.journal
    if not log.is_open:
        status("no incident is open", "done")
        return
    note_journal(journal)
    log.close()
    closed = f"incident {journal.id} is closed"
    elapsed = format_duration(journal.elapsed())
    log.announce(f"{closed} after {elapsed}", plan=closed)

"""The recovery timeline as people read it: the stages of an incident, and past incidents."""

from __future__ import annotations

import statistics
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..console.output import format_duration, print_table, status
from ..console.progress import print_bars
from ..console.result import add_details, note_journal
from ..core.errors import BadInput
from ..incident.incidents import Owner, own_journals
from ..incident.journal import Journal
from ..incident.log import IncidentLog
from ..incident.recovery_outcome import RECOVERED, incident_state, recovery_time
from ..incident.stages import BUDGETS, recovery_stages, step_spans, timed_events

COLUMNS = [
    "stage",
    "what",
    "budget",
    "begun after",
    "done after",
    "elapsed",
    "state",
]


def find_journal(log: IncidentLog, incident_id: str = "") -> Journal:
    """Return the journal of an incident: by id, or the open one, or the newest. Raises BadInput."""
    journals = {}
    for journal in own_journals(log.state, log.owner):
        journals[journal.id] = journal
    if not journals:
        advice = "the first task that changes something opens one, or `invoke timeline.start`"
        raise BadInput(f"there is no incident in {log.state}", advice)
    if incident_id and incident_id not in journals:
        newest = ", ".join(list(journals)[:3])
        advice = f"choose one of {newest}: `invoke timeline.history`"
        raise BadInput(f"there is no incident {incident_id!r}", advice)
    incident_id = incident_id or log.journal.id or next(iter(journals))
    journal = journals[incident_id]
    if incident_id == log.journal.id:
        journal = log.journal
    note_journal(journal)
    return journal


def timeline_data(journal: Journal) -> dict[str, Any]:
    """Return the stages and the events of an incident for JSON; times are in seconds."""
    stages = []
    for stage in recovery_stages(journal):
        stages.append(asdict(stage))
    events = []
    for event, offset in timed_events(journal):
        data = asdict(event)
        data["at"] = event.at.isoformat()
        data["offset"] = offset
        events.append(data)
    return {
        "incident": journal.id,
        "closed": journal.is_closed,
        "stages": stages,
        "events": events,
    }


def print_timeline(journal: Journal) -> None:
    """Print the stages of an incident as a table, and its steps as bars."""
    rows = []
    for stage in recovery_stages(journal):
        row = [
            stage.name,
            stage.work,
            _duration(stage.budget),
            _duration(stage.start),
            _duration(stage.end),
            _duration(stage.elapsed),
            stage.state,
        ]
        rows.append(row)
    print_table(f"Incident {journal.id}", COLUMNS, rows)
    bars = []
    for event, start, end in step_spans(journal):
        bars.append((event.label_with_outcome, start, end))
    longest = max(journal.elapsed(), 0.001)
    print_bars("Its steps", bars, longest)


def print_history(log: IncidentLog) -> None:
    """Print the past incidents, and how long recovering took."""
    incidents = past_incidents(log.state, log.owner)
    times = recovery_times(incidents)
    add_details({"incidents": incidents, **times})
    print_incidents(incidents)
    if times["recovered"]:
        median = format_duration(times["median"])
        worst = format_duration(times["worst"])
        status(f"{times['recovered']} recovered, median {median}, worst {worst}")


def past_incidents(state: Path, owner: Owner) -> list[dict[str, Any]]:
    """Return the owner's incidents, newest first: what became of each, and when, in seconds."""
    return [_past_incident(journal) for journal in own_journals(state, owner)]


def _past_incident(journal: Journal) -> dict[str, Any]:
    opened = journal.opened.data
    incident = {
        "incident": journal.id,
        "reason": opened.get("reason", ""),
        "by": opened.get("by", ""),
        "closed": journal.is_closed,
        "state": incident_state(journal),
        "recovered_after": recovery_time(journal),
    }
    for stage in recovery_stages(journal):
        incident[stage.name] = stage.end
    return incident


def recovery_times(incidents: list[dict[str, Any]]) -> dict[str, float]:
    """Return how many incidents recovered, with the median and the worst time in seconds."""
    times = []
    for incident in incidents:
        times.append(incident["recovered_after"])
    times = [time for time in times if time is not None]
    if not times:
        return {"recovered": 0}
    return {
        "recovered": len(times),
        "median": statistics.median(times),
        "worst": max(times),
    }


def print_incidents(incidents: list[dict[str, Any]]) -> None:
    """Print past incidents as a table."""
    columns = ["incident", "reason", "by", *BUDGETS, "state"]
    rows = []
    for incident in incidents:
        row = [
            incident["incident"],
            incident["reason"],
            incident["by"],
        ]
        for stage in BUDGETS:
            row.append(_duration(incident[stage]))
        state = incident["state"]
        if state == RECOVERED:
            state = f"{state} after {_duration(incident['recovered_after'])}"
        row.append(state)
        rows.append(row)
    print_table("Incidents, and after which time each stage was done", columns, rows)


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return format_duration(seconds)

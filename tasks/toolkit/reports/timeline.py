"""The recovery timeline as people read it: the stages of an incident, and past incidents."""

from __future__ import annotations

import statistics
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..console.output import format_duration, print_table
from ..console.progress import print_bars
from ..core.errors import BadInput
from ..incident.journal import Journal, journal_files
from ..incident.log import IncidentLog
from ..incident.stages import BUDGETS, recovery_stages, step_spans, timed_events

COLUMNS = ["stage", "what", "budget", "begun after", "done after", "elapsed", "state"]


def find_journal(log: IncidentLog, incident_id: str = "") -> Journal:
    """Return the journal of an incident: by id, or the open one, or the newest. Raises BadInput."""
    files = {file.parent.name: file for file in journal_files(log.state)}
    if not files:
        advice = "the first recipe that changes something begins one, or timeline.start"
        raise BadInput(f"there is no incident in {log.state}", advice)
    if incident_id and incident_id not in files:
        newest = ", ".join(list(files)[:3])
        advice = f"choose one of {newest}: `invoke timeline.history`"
        raise BadInput(f"there is no incident {incident_id!r}", advice)
    incident_id = incident_id or log.journal.id or next(iter(files))
    if incident_id == log.journal.id:
        return log.journal
    return Journal(files[incident_id])


def timeline_data(journal: Journal) -> dict[str, Any]:
    """Return the stages and the events of an incident for JSON; times are in seconds."""
    events = [
        {**asdict(event), "at": event.at.isoformat(), "offset": offset}
        for event, offset in timed_events(journal)
    ]
    return {
        "incident": journal.id,
        "closed": journal.is_closed,
        "stages": [asdict(stage) for stage in recovery_stages(journal)],
        "events": events,
    }


def print_timeline(journal: Journal) -> None:
    """Print the stages of an incident as a table, and its steps as bars."""
    rows = []
    for stage in recovery_stages(journal):
        times = [_words(seconds) for seconds in (stage.start, stage.end, stage.elapsed)]
        rows.append([stage.name, stage.work, _words(stage.budget), *times, stage.state])
    print_table(f"Incident {journal.id}", COLUMNS, rows)
    bars = [(event.step, start, end) for event, start, end in step_spans(journal)]
    print_bars("Its steps", bars, max(journal.elapsed(), 0.001))


def past_incidents(state: Path) -> list[dict[str, Any]]:
    """Return the incidents, newest first, with the seconds after which each stage was done."""
    incidents = []
    for file in journal_files(state):
        journal = Journal(file)
        opened = journal.opened.data
        incident = {
            "incident": journal.id,
            "reason": opened.get("reason", ""),
            "by": opened.get("by", ""),
            "closed": journal.is_closed,
        }
        incident |= {stage.name: stage.end for stage in recovery_stages(journal)}
        incidents.append(incident)
    return incidents


def recovery_times(incidents: list[dict[str, Any]]) -> dict[str, float]:
    """Return how many incidents recovered, with the median and the worst time in seconds."""
    times = [incident["Full"] for incident in incidents if incident["Full"] is not None]
    if not times:
        return {"recovered": 0}
    return {"recovered": len(times), "median": statistics.median(times), "worst": max(times)}


def print_incidents(incidents: list[dict[str, Any]]) -> None:
    """Print past incidents as a table."""
    columns = ["incident", "reason", "by", *(f"{stage} done after" for stage in BUDGETS)]
    rows = []
    for incident in incidents:
        times = [_words(incident[stage]) for stage in BUDGETS]
        rows.append([incident["incident"], incident["reason"], incident["by"], *times])
    print_table("Incidents", columns, rows)


def _words(seconds: float | None) -> str:
    return "" if seconds is None else format_duration(seconds)

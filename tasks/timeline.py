"""Recovery Timeline."""

from __future__ import annotations

import statistics
from dataclasses import asdict
from typing import Any

from .toolkit.console import output
from .toolkit.console.output import format_duration, print_line, status
from .toolkit.console.progress import print_bars
from .toolkit.core.errors import BadInput
from .toolkit.incident.context import Incident
from .toolkit.incident.journal import Journal, journal_files
from .toolkit.incident.recipe import recipe
from .toolkit.incident.stages import BUDGETS, recovery_stages, step_spans, timed_events
from .toolkit.incident.stages import gantt_chart as gantt

SHOW_HELP = {
    "incident-id": "the incident to show, as timeline.history lists them; without it the newest",
    "json": "print the stages and the events as JSON on stdout",
    "mermaid": "print a Gantt chart that GitHub renders",
}


@recipe(default=True, help=SHOW_HELP)
def show(
    incident: Incident, incident_id: str = "", json: bool = False, mermaid: bool = False
) -> None:
    """Tell how the incident keeps to the budgets: Immediate (5 min), Quick (30 min), Full (1-2 hours).

    - Immediate (5 min): Revert PR if workflow is broken
    - Quick (30 min): Manual chart publication if needed
    - Full (1-2 hours): Complete fix and re-deployment
    """
    journal = _find(incident, incident_id)
    found = recovery_stages(journal)
    if json:
        events = [
            {**asdict(event), "at": event.at.isoformat(), "offset": at}
            for event, at in timed_events(journal)
        ]
        output.print_json(
            {
                "incident": journal.id,
                "closed": journal.closed,
                "stages": [asdict(stage) for stage in found],
                "events": events,
            }
        )
    elif mermaid:
        print_line(gantt(journal))
    else:
        rows = [
            [
                s.name,
                s.work,
                format_duration(s.budget),
                _told(s.start),
                _told(s.end),
                _told(s.elapsed),
                s.state,
            ]
            for s in found
        ]
        output.print_table(
            f"Incident {journal.id}",
            ["stage", "what", "budget", "begun after", "done after", "elapsed", "state"],
            rows,
        )
        print_bars(
            "Its steps",
            [(event.step, *span) for event, span in step_spans(journal)],
            max(journal.elapsed(), 0.001),
        )


@recipe(acts=True, help={"reason": "what is wrong, in a few words"})
def start(incident: Incident, reason: str = "") -> None:
    """Start the clock of an incident by hand; else the first recipe that changes something does."""
    if incident.journal.file:
        said = next(
            (
                event.data.get("reason")
                for event in incident.journal.events
                if event.kind == "opened"
            ),
            "",
        )
        status("timeline.start", f"{incident.journal.id} is open already", "done")
        if reason and reason != said:
            stays = f'its reason stays "{said}"' if said else "it stays without a reason"
            status(
                "timeline.start",
                f'{stays}, and "{reason}" is written nowhere: invoke timeline.stop first, if it is another',
                "look",
            )
    elif incident.dry:
        incident.commands.plan.add(f"# an incident is opened in {incident.state}")
    else:
        status("timeline.start", f"incident {incident.begin(reason).id} is open", "done")


@recipe(acts=True)
def stop(incident: Incident) -> None:
    """Stop the clock: the incident is over, and the next recipe that acts begins another."""
    if not incident.journal.file:
        status("timeline.stop", "no incident is open", "done")
    elif incident.dry:
        incident.commands.plan.add(f"# incident {incident.journal.id} is closed")
    else:
        journal = incident.journal
        incident.end("timeline.stop")
        status(
            "timeline.stop",
            f"incident {journal.id} is closed after {format_duration(journal.elapsed())}",
            "done",
        )


@recipe(help={"json": "print the incidents as JSON on stdout"})
def history(incident: Incident, json: bool = False) -> None:
    """List past incidents with their recovery times, their median and the worst."""
    found = []
    for file in journal_files(incident.state):
        journal = Journal(file)
        ends = {stage.name: stage.end for stage in recovery_stages(journal)}
        opened = journal.opened.data
        found.append(
            {
                "incident": journal.id,
                "reason": opened.get("reason", ""),
                "by": opened.get("by", ""),
                "closed": journal.closed,
                **ends,
            }
        )
    times = [float(str(past["Full"])) for past in found if past["Full"] is not None]
    summary = (
        {"recovered": len(times), "median": statistics.median(times), "worst": max(times)}
        if times
        else {"recovered": 0}
    )
    if json:
        output.print_json({"incidents": found, **summary})
        return
    rows = [
        [
            *(str(past[key]) for key in ("incident", "reason", "by")),
            *(_told(past[stage]) for stage in BUDGETS),
        ]
        for past in found
    ]
    output.print_table(
        "Incidents",
        ["incident", "reason", "by", *(f"{stage} done after" for stage in BUDGETS)],
        rows,
    )
    if times:
        status(
            "timeline.history",
            f"{len(times)} recovered, median {format_duration(summary['median'])}, worst {format_duration(summary['worst'])}",
        )


def _find(incident: Incident, incident_id: str) -> Journal:
    known = {file.parent.name: file for file in journal_files(incident.state)}
    if not known:
        raise BadInput(
            f"there is no incident in {incident.state}",
            "the first recipe that changes something begins one, or timeline.start",
        )
    if incident_id and incident_id not in known:
        raise BadInput(
            f"there is no incident {incident_id!r}",
            f"choose one of {', '.join(list(known)[:3])}: `invoke timeline.history`",
        )
    return Journal(known[incident_id or incident.journal.id or next(iter(known))])


def _told(seconds: Any) -> str:
    return "" if seconds is None else format_duration(float(seconds))

"""Recovery Timeline."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from .toolkit import screen
from .toolkit.errors import BadInput
from .toolkit.incident import Incident
from .toolkit.journal import Event, Journal, incidents
from .toolkit.recipe import recipe
from .toolkit.screen import clock, say

MINUTE = 60.0
BUDGETS = {"Immediate": 5 * MINUTE, "Quick": 30 * MINUTE, "Full": 120 * MINUTE}
WORK = {"Immediate": "revert the PR", "Quick": "manual chart publication", "Full": "complete fix and re-deployment"}
SECTIONS = {"rollback": "Immediate", "publish": "Quick", "verify": "Full"}  # the stage that a section's tasks belong to
SHOW_HELP = {
    "incident-id": "the incident to show, as timeline.history lists them; without it the newest",
    "json": "print the stages and the events as JSON on stdout",
    "mermaid": "print a Gantt chart that GitHub renders",
}


@dataclass(frozen=True)
class Stage:
    """A stage of the runbook: seconds since the incident began; `end` is None until it is done. The budget counts from the beginning."""

    name: str
    work: str
    budget: float
    start: float | None
    end: float | None
    state: str


@recipe(default=True, help=SHOW_HELP)
def show(incident: Incident, incident_id: str = "", json: bool = False, mermaid: bool = False) -> None:
    """Recovery Timeline: Immediate (5 min), Quick (30 min), Full (1-2 hours), and how the incident keeps to it."""
    journal = _find(incident, incident_id)
    found = stages(journal)
    if json:
        events = [{**asdict(event), "at": event.at.isoformat(), "offset": at} for event, at in _timed(journal)]
        screen.as_json({"incident": journal.id, "closed": journal.closed, "stages": [asdict(stage) for stage in found], "events": events})
    elif mermaid:
        screen.command(_mermaid(journal, found))
    else:
        rows = [[s.name, s.work, clock(s.budget), _told(s.start), _told(s.end), s.state] for s in found]
        screen.table(f"Incident {journal.id}", ["stage", "what", "budget", "begun after", "done after", "state"], rows)
        screen.bars("Its steps", [(event.step, *span) for event, span in _spans(journal)], max(journal.elapsed(), 0.001))


@recipe(acts=True, help={"reason": "what is wrong, in a few words"})
def start(incident: Incident, reason: str = "") -> None:
    """Start the clock of an incident by hand; else the first recipe that changes something does."""
    if incident.journal.file:
        say("timeline.start", f"{incident.journal.id} is open already", "done")
    elif not incident.dry:
        say("timeline.start", f"incident {incident.begin(reason).id} is open", "done")


@recipe(acts=True)
def stop(incident: Incident) -> None:
    """Stop the clock: the incident is over, and the next recipe that acts begins another."""
    if not incident.journal.file:
        say("timeline.stop", "no incident is open", "done")
    elif not incident.dry:
        incident.journal.write("timeline.stop", "closed", {})
        say("timeline.stop", f"incident {incident.journal.id} is closed after {clock(incident.journal.elapsed())}", "done")


@recipe(help={"json": "print the incidents as JSON on stdout"})
def history(incident: Incident, json: bool = False) -> None:
    """List past incidents with their recovery times, their median and the worst."""
    found = []
    for file in incidents(incident.state):
        journal = Journal(file)
        ends = {stage.name: stage.end for stage in stages(journal)}
        opened = journal.events[0].data if journal.events else {}
        found.append(
            {"incident": journal.id, "reason": opened.get("reason", ""), "by": opened.get("by", ""), "closed": journal.closed, **ends}
        )
    times = [float(str(past["Full"])) for past in found if past["Full"] is not None]
    summary = {"recovered": len(times), "median": statistics.median(times), "worst": max(times)} if times else {"recovered": 0}
    if json:
        screen.as_json({"incidents": found, **summary})
        return
    rows = [[*(str(past[key]) for key in ("incident", "reason", "by")), *(_told(past[stage]) for stage in BUDGETS)] for past in found]
    screen.table("Incidents", ["incident", "reason", "by", *(f"{stage} done after" for stage in BUDGETS)], rows)
    if times:
        say("timeline.history", f"{len(times)} recovered, median {clock(summary['median'])}, worst {clock(summary['worst'])}")


def stages(journal: Journal) -> list[Stage]:
    """Return the three stages of an incident, as its events tell them."""
    found = []
    for name, budget in BUDGETS.items():
        timed = [(event, at) for event, at in _timed(journal) if SECTIONS.get(event.step.partition(".")[0]) == name]
        end = next((at for event, at in timed if _completes(event)), None)
        start = timed[0][1] if timed else None
        late = (journal.elapsed() if end is None else end) > budget
        state = ("over budget" if late else "in time") if end is not None else "not done" if journal.closed else "late" if late else "to do"
        found.append(Stage(name, WORK[name], budget, start, end, state))
    return found


def left(incident: Incident, stage: str) -> str:
    """Return what is left of a stage's budget, in words."""
    seconds = BUDGETS[stage] - incident.journal.elapsed()
    return f"{clock(seconds)} left of {clock(BUDGETS[stage])}" if seconds > 0 else f"{clock(-seconds)} over its {clock(BUDGETS[stage])}"


def _completes(event: Event) -> bool:
    """Tell whether a stage is done with this event: the revert is merged, the chart is published, or every check passed."""
    if event.kind not in ("done", "skipped"):
        return False
    checks = event.data.get("checks", {})
    passed = event.step == "verify.all" and set(checks.values()) == {"passed"}
    return bool(event.data.get("good_commit") or event.data.get("digest") or passed)


def _find(incident: Incident, incident_id: str) -> Journal:
    known = {file.parent.name: file for file in incidents(incident.state)}
    if not known:
        raise BadInput(f"there is no incident in {incident.state}", "the first recipe that changes something begins one, or timeline.start")
    if incident_id and incident_id not in known:
        raise BadInput(f"there is no incident {incident_id!r}", f"choose one of {', '.join(list(known)[:3])}: `invoke timeline.history`")
    return Journal(known[incident_id or next(iter(known))])


def _timed(journal: Journal) -> list[tuple[Event, float]]:
    return list(zip(journal.events, journal.offsets(), strict=True))


def _spans(journal: Journal) -> list[tuple[Event, tuple[float, float]]]:
    """Return each step's outcome with the seconds at which it began and ended; one that was cut short ends with what came next."""
    begun, found = dict[str, float](), []
    for event, at in _timed(journal):
        if event.kind == "started":
            begun[event.step] = at
        elif event.kind in ("done", "failed", "skipped"):
            found.append((event, (begun.pop(event.step, at), at)))
    return found


def _told(seconds: Any) -> str:
    return "" if seconds is None else clock(float(seconds))


def _mermaid(journal: Journal, found: list[Stage]) -> str:
    """Return https://mermaid.js.org/syntax/gantt.html, of the steps in their stages."""
    begun = journal.events[0].at
    lines = ["gantt", f"    title Incident {journal.id}", "    dateFormat YYYY-MM-DDTHH:mm:ss.SSS", "    axisFormat %H:%M:%S"]
    for stage in found:
        lines.append(f"    section {stage.name} ({stage.budget / MINUTE:g} min)")
        for event, (start, end) in _spans(journal):
            if SECTIONS.get(event.step.partition(".")[0]) == stage.name:
                tag = "crit" if event.kind == "failed" else "done"
                at, until = (
                    (begun + timedelta(seconds=second)).isoformat(timespec="milliseconds")[:23] for second in (start, max(end, start + 0.1))
                )
                lines.append(f"    {event.step} :{tag}, {at}, {until}")
    return "\n".join(lines)

"""The runbook's recovery timeline, read from an incident's record: stages with their budgets, steps, and a chart of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ..console.output import format_duration, status
from ..console.signals import INTERRUPTED_STATUS
from ..core.errors import ServiceError
from ..core.invocation import typed_command
from .event import Event
from .journal import Journal

MINUTE = 60.0
BUDGETS = {"Immediate": 5 * MINUTE, "Quick": 30 * MINUTE, "Full": 120 * MINUTE}
WORK = {
    "Immediate": "revert the PR",
    "Quick": "manual chart publication",
    "Full": "complete fix and re-deployment",
}
LEFT_OUT = "left_out"  # of an event: its stage is left out on purpose
SECTIONS = {
    "rollback": "Immediate",
    "publish": "Quick",
    "verify": "Full",
}  # the stage that a section's tasks belong to


@dataclass(frozen=True)
class Stage:
    """A stage of the runbook: seconds since the incident began; `end` is None until it is done. The budget counts from the beginning.

    `elapsed` is what it took itself, so far if it is not done.
    """

    name: str
    work: str
    budget: float
    start: float | None
    end: float | None
    elapsed: float | None
    state: str


def recovery_stages(journal: Journal) -> list[Stage]:
    """Return the three stages of an incident, as its events tell them."""
    found = []
    for name, budget in BUDGETS.items():
        of_it = [
            (event, at)
            for event, at in timed_events(journal)
            if SECTIONS.get(event.step.partition(".")[0]) == name
        ]
        own = [(event, at) for event, at in of_it if not event.data.get(LEFT_OUT)]
        end = next((at for event, at in own if _completes(event)), None)
        start, until = own[0][1] if own else None, journal.elapsed() if end is None else end
        elapsed = None if start is None else until - start
        found.append(
            Stage(
                name,
                WORK[name],
                budget,
                start,
                end,
                elapsed,
                _state(journal, end, until > budget, of_it != own),
            )
        )
    return found


def _state(journal: Journal, end: float | None, late: bool, left_out: bool) -> str:
    if end is not None:
        return "over budget" if late else "in time"
    return "skipped" if left_out else "not done" if journal.closed else "late" if late else "to do"


def budget_left(journal: Journal, stage: str) -> str:
    """Return what is left of a stage's budget, in words."""
    seconds = BUDGETS[stage] - journal.elapsed()
    return (
        f"{format_duration(seconds)} left of {format_duration(BUDGETS[stage])}"
        if seconds > 0
        else f"{format_duration(-seconds)} over its {format_duration(BUDGETS[stage])}"
    )


def report_stopped(step: str, names: list[str], done: int, code: int) -> None:
    """Say which stages are done and which are not, and how to go on if the same command does: what it was given wrong stays wrong."""
    told = [f"{name.lower()} ({WORK[name]})" for name in names]
    status(
        step,
        f"done: {', '.join(told[:done]) or 'nothing'}; not done: {', '.join(told[done:])}",
        "look",
    )
    if code in (ServiceError.exit_code, INTERRUPTED_STATUS):
        status(step, f"to go on from there: {typed_command()}", "next")


def _completes(event: Event) -> bool:
    """Tell whether a stage is done with this event: the revert is merged, the chart is published, or every check passed."""
    if event.kind not in ("done", "skipped"):
        return False
    checks = event.data.get("checks", {})
    passed = event.step == "verify.all" and set(checks.values()) == {"passed"}
    return bool(event.data.get("good_commit") or event.data.get("digest") or passed)


def timed_events(journal: Journal) -> list[tuple[Event, float]]:
    """Return the events, each with the seconds since the first."""
    return list(zip(journal.events, journal.offsets(), strict=True))


def step_spans(journal: Journal) -> list[tuple[Event, tuple[float, float]]]:
    """Return each step's outcome with the seconds at which it began and ended; one that was cut short ends with what came next."""
    begun, found = dict[str, float](), []
    for event, at in timed_events(journal):
        if event.kind == "started":
            begun[event.step] = at
        elif event.kind in ("done", "failed", "skipped") and not event.data.get(LEFT_OUT):
            found.append((event, (begun.pop(event.step, at), at)))
    return found


def gantt_chart(journal: Journal) -> str:
    """Return https://mermaid.js.org/syntax/gantt.html, of the steps in their stages."""
    begun = journal.opened.at
    lines = [
        "gantt",
        f"    title Incident {journal.id}",
        "    dateFormat YYYY-MM-DDTHH:mm:ss.SSS",
        "    axisFormat %H:%M:%S",
    ]
    for stage in recovery_stages(journal):
        lines.append(f"    section {stage.name} ({stage.budget / MINUTE:g} min)")
        for event, (start, end) in step_spans(journal):
            if SECTIONS.get(event.step.partition(".")[0]) == stage.name:
                tag = "crit" if event.kind == "failed" else "done"
                at, until = (
                    (begun + timedelta(seconds=second)).isoformat(timespec="milliseconds")[:23]
                    for second in (start, max(end, start + 0.1))
                )
                lines.append(f"    {event.step} :{tag}, {at}, {until}")
    return "\n".join(lines)

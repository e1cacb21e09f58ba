"""The runbook's recovery timeline, read from a journal: stages with budgets, and steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from invoke.exceptions import Exit

from ..console.output import HOUR, MINUTE, format_duration
from ..console.progress import show_progress
from ..console.signals import INTERRUPTED_STATUS
from ..core.errors import ServiceError
from ..core.invocation import typed_command
from .event import LEFT_OUT, Event
from .journal import Journal
from .log import IncidentLog

BUDGETS = {"Immediate": 5.0 * MINUTE, "Quick": 30.0 * MINUTE, "Full": 2.0 * HOUR}
WORK = {
    "Immediate": "revert the PR",
    "Quick": "manual chart publication",
    "Full": "complete fix and re-deployment",
}
STAGE_OF_SECTION = {"rollback": "Immediate", "publish": "Quick", "verify": "Full"}
SHORTEST_BAR = 0.1  # seconds


@dataclass(frozen=True)
class Stage:
    """A stage of the runbook. Times are seconds since the incident began; `end` is None until done.

    The budget counts from the beginning of the incident; `elapsed` is the stage's own time.
    """

    name: str
    work: str
    budget: float
    start: float | None
    end: float | None
    elapsed: float | None
    state: str


def stage_of(event: Event) -> str:
    """Return the name of the stage that an event belongs to; empty for none."""
    return STAGE_OF_SECTION.get(event.step.partition(".")[0], "")


def recovery_stages(journal: Journal) -> list[Stage]:
    """Return the three stages of an incident."""
    return [_stage(journal, name) for name in BUDGETS]


def _stage(journal: Journal, name: str) -> Stage:
    events = [(event, at) for event, at in timed_events(journal) if stage_of(event) == name]
    own = [(event, at) for event, at in events if not event.data.get(LEFT_OUT)]
    start = own[0][1] if own else None
    end = next((at for event, at in own if _completes_stage(event)), None)
    until = journal.elapsed() if end is None else end
    return Stage(
        name=name,
        work=WORK[name],
        budget=BUDGETS[name],
        start=start,
        end=end,
        elapsed=None if start is None else until - start,
        state=_state(journal, end, is_late=until > BUDGETS[name], was_left_out=events != own),
    )


def _state(
    journal: Journal,
    end: float | None,
    *,
    is_late: bool,
    was_left_out: bool,
) -> str:
    if end is not None:
        return "over budget" if is_late else "in time"
    if was_left_out:
        return "skipped"
    if journal.is_closed:
        return "not done"
    return "late" if is_late else "to do"


def _completes_stage(event: Event) -> bool:
    """Return whether this event says: revert merged, chart published, or every check passed."""
    if event.kind not in ("done", "skipped"):
        return False
    if event.step == "verify.all":
        return set(event.data.get("checks", {}).values()) == {"passed"}
    return bool(event.data.get("good_commit") or event.data.get("digest"))


def budget_left(journal: Journal, stage: str) -> str:
    """Return what is left of a stage's budget, in words."""
    budget = BUDGETS[stage]
    left = budget - journal.elapsed()
    if left > 0:
        return f"{format_duration(left)} left of {format_duration(budget)}"
    return f"{format_duration(-left)} over its {format_duration(budget)}"


def run_stages(log: IncidentLog, works: Mapping[str, Callable[[], object]]) -> None:
    """Run the work of each stage, by its name, with what is left of its budget in sight.

    Where it stops early, print how far it came.
    """
    for done, (name, work) in enumerate(works.items()):
        try:
            with show_progress(budget_left=partial(budget_left, log.journal, name)):
                work()
        except Exit as error:
            _report_stopped(log, list(works), done, error.code)
            raise
    elapsed = format_duration(log.journal.elapsed())
    log.announce(f"done, {elapsed} after the incident was opened")


def _report_stopped(
    log: IncidentLog,
    stages: list[str],
    done: int,
    exit_code: int,
) -> None:
    """Print which stages are done and left, and the command that resumes if the same one can.

    A dry run, which did none, prints nothing.
    """
    works = [f"{name} ({WORK[name]})" for name in stages]
    parts = ["stopped"]
    if done:
        parts.append(f"done: {', '.join(works[:done])}")
    facts = log.facts
    if facts.revert and not facts.good_commit:
        parts.append(f"revert #{facts.revert} is open, not merged")
    parts.append(f"left: {', '.join(works[done:])}")
    log.announce("; ".join(parts), "warning")
    if exit_code in (ServiceError.exit_code, INTERRUPTED_STATUS):
        log.announce(f"to resume: {typed_command()}", "next")


def timed_events(journal: Journal) -> list[tuple[Event, float]]:
    """Return the events, each with the seconds since the first."""
    return list(zip(journal.events, journal.offsets(), strict=True))


def step_spans(journal: Journal) -> list[tuple[Event, float, float]]:
    """Return each step's outcome with its start and end, in seconds."""
    started: dict[str, float] = {}
    spans = []
    for event, at in timed_events(journal):
        if event.kind == "started":
            started[event.step] = at
        elif event.kind in ("done", "failed", "skipped") and not event.data.get(LEFT_OUT):
            spans.append((event, started.pop(event.step, at), at))
    return spans


def gantt_chart(journal: Journal) -> str:
    """Return the steps as a Mermaid chart: https://mermaid.js.org/syntax/gantt.html."""
    lines = [
        "gantt",
        f"    title Incident {journal.id}",
        "    dateFormat YYYY-MM-DDTHH:mm:ss.SSS",
        "    axisFormat %H:%M:%S",
    ]
    for name, budget in BUDGETS.items():
        lines.append(f"    section {name} ({budget / MINUTE:g} min)")
        for event, start, end in step_spans(journal):
            if stage_of(event) == name:
                lines.append(_bar(journal, event, start, end))
    return "\n".join(lines)


def _bar(
    journal: Journal,
    event: Event,
    start: float,
    end: float,
) -> str:
    began = journal.opened.at
    tag = "crit" if event.kind == "failed" else "done"
    visible_end = max(end, start + SHORTEST_BAR)
    return f"    {event.step} :{tag}, {_clock(began, start)}, {_clock(began, visible_end)}"


def _clock(began: datetime, seconds: float) -> str:
    time = began + timedelta(seconds=seconds)
    return time.isoformat(timespec="milliseconds").partition("+")[0]

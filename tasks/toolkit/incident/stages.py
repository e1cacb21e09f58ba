"""The runbook's recovery timeline, read from a journal: stages with budgets, and steps."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..console.findings import STALE
from ..console.output import HOUR, MINUTE
from .event import CHARTS, LEFT_OUT, Event
from .journal import Journal

BUDGETS = {
    "Immediate": 5.0 * MINUTE,
    "Quick": 30.0 * MINUTE,
    "Full": 2.0 * HOUR,
}
WORK = {
    "Immediate": "revert the PR",
    "Quick": "manual chart publication",
    "Full": "complete fix and re-deployment",
}
STAGE_OF_SECTION = {"rollback": "Immediate", "publish": "Quick", "verify": "Full"}
OUTCOMES = ("done", "failed", "skipped")
SHORTEST_BAR = 0.1  # seconds
TICKS = 4
WIDER_NAMES = '    %%{init: {"gantt": {"leftPadding": 110}}}%%'  # of the sections


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
    section, _, _ = event.step.partition(".")
    return STAGE_OF_SECTION.get(section, "")


def recovery_stages(journal: Journal) -> list[Stage]:
    """Return the three stages of an incident."""
    return [_stage(journal, name) for name in BUDGETS]


def is_finished(journal: Journal) -> bool:
    """Return whether each stage is done, or was left out on purpose."""
    open_stages = []
    for stage in recovery_stages(journal):
        if stage.end is None and stage.state != "skipped":
            open_stages.append(stage)
    return not open_stages


def _stage(journal: Journal, name: str) -> Stage:
    start = end = None
    was_left_out = False
    publishes_several = False
    has_change = False
    for event, at in timed_events(journal):
        has_change = has_change or recovers(event)
        if stage_of(event) != name:
            continue
        if CHARTS in event.data:
            publishes_several = event.kind == "started"
        elif event.step == "publish.all":
            publishes_several = False
        if event.data.get(LEFT_OUT):
            was_left_out = True
            continue
        if start is None:
            start = at
        is_complete = _completes_stage(event) and (has_change or name != "Full")
        if end is None and not publishes_several and is_complete:
            end = at
    until = journal.elapsed() if end is None else end
    is_late = until > BUDGETS[name]
    return Stage(
        name=name,
        work=WORK[name],
        budget=BUDGETS[name],
        start=start,
        end=end,
        elapsed=None if start is None else until - start,
        state=_state(journal, end, is_late=is_late, was_left_out=was_left_out),
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
        outcomes = set(event.data.get("checks", {}).values())
        return "passed" in outcomes and outcomes <= {"passed", STALE}
    if CHARTS in event.data:
        return True
    return bool(event.data.get("good_commit") or event.data.get("digest"))


def recovers(event: Event) -> bool:
    """Return whether this event says: a revert was merged, or a chart is where users install it."""
    if event.kind not in ("done", "skipped") or stage_of(event) not in ("Immediate", "Quick"):
        return False
    data = event.data
    if event.kind == "done" and event.step in ("publish.alias", "publish.restore"):
        return True
    return bool(data.get("good_commit") or data.get("digest") or data.get("alias"))


def timed_events(journal: Journal) -> list[tuple[Event, float]]:
    """Return the events, each with the seconds since the first."""
    offsets = journal.offsets()
    return list(zip(journal.events, offsets, strict=True))


def step_spans(journal: Journal) -> list[tuple[Event, float, float]]:
    """Return each step's outcome with its start and end, in seconds."""
    started: dict[str, float] = {}
    spans = []
    for event, at in timed_events(journal):
        if event.kind == "started":
            started[event.step] = at
        elif event.kind in OUTCOMES and not event.data.get(LEFT_OUT):
            start = started.pop(event.step, at)
            spans.append((event, start, at))
    return spans


def gantt_chart(journal: Journal) -> str:
    """Return the steps as a Mermaid chart: https://mermaid.js.org/syntax/gantt.html."""
    ends = [end for event, _, end in step_spans(journal) if stage_of(event) in BUDGETS]
    tick = math.ceil(max(ends, default=0) / TICKS) or 1
    lines = [
        "gantt",
        WIDER_NAMES,
        f"    title Incident {_label(journal.id)}",
        "    dateFormat YYYY-MM-DDTHH:mm:ss.SSS",
        "    axisFormat %H:%M:%S",
        f"    tickInterval {tick}second",
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
    tag = "crit" if event.kind == "failed" else "done"
    visible_end = max(end, start + SHORTEST_BAR)
    opened = journal.opened.at
    times = f"{_clock(opened, start)}, {_clock(opened, visible_end)}"
    return f"    {_label(event.label_with_outcome)} :{tag}, {times}"


def _label(text: str) -> str:
    """Return text in which nothing is syntax of Mermaid: a journal may be of somebody else."""
    return re.sub(r"[^\w. -]", " ", text)


def _clock(opened: datetime, seconds: float) -> str:
    time = opened + timedelta(seconds=seconds)
    text = time.isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00")

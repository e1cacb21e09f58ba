"""The sections of a postmortem: what the record knows, and what is left to people.

Its form is the usual one: https://sre.google/sre-book/example-postmortem.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..console.output import format_duration
from ..core.markdown import link_to, plain
from ..core.printable import harmless
from ..incident.recovery_outcome import installable_at, time_of
from ..incident.stages import Stage, gantt_chart, recovery_stages
from .action_items import action_table
from .incident_record import Change, IncidentRecord
from .incident_text import MOMENT, PULL_URL, TITLE, fired_in, step_lines
from .public import public_command
from .resolution import resolution_lines

HEADINGS = (
    "Summary",
    "Impact",
    "Detection",
    "Trigger",
    "Root cause",
    "Resolution",
    "Timeline",
    "What went well",
    "What went wrong",
    "Lucky breaks",
    "Action items",
)
TO_FILL_IN = "- to be filled in"
TABLE_HEAD = [
    "| stage | what | budget | done after | |",
    "| --- | --- | --- | --- | --- |",
]


@dataclass(frozen=True)
class Section:
    """A section: the `facts` of the record, and below them what people are asked for."""

    facts: Sequence[str] = ()
    asked: str = ""


def postmortem_sections(record: IncidentRecord) -> dict[str, Section]:
    """Return the sections by their headings, in their order."""
    actions = "\n".join(action_table(record))
    sections = (
        Section(_summary(record)),
        Section(
            _impact(record),
            "Who could not do what: to be filled in.",
        ),
        Section(_detection(record)),
        Section(_trigger(record)),
        Section(asked="Why it was possible: to be filled in."),
        Section(_resolution(record)),
        Section(_timeline(record)),
        Section(asked=TO_FILL_IN),
        Section(asked=TO_FILL_IN),
        Section(asked=TO_FILL_IN),
        Section(asked=actions),
    )
    return dict(zip(HEADINGS, sections, strict=True))


def _summary(record: IncidentRecord) -> list[str]:
    """Return one paragraph: what broke, which change caused it, and how it was recovered."""
    reason = harmless(record.journal.opened.data.get("reason") or TITLE)
    parts = [reason if reason.endswith(".") else f"{reason}."]
    detected_by = record.detected_by
    if record.release and detected_by:
        fired = plain(", ".join(fired_in(detected_by)))
        release = plain(record.release)
        parts.append(f"After the release of {release} these triggers fired: {fired}.")
    if record.suspect:
        suspect = describe(record.suspect)
        parts.append(f"The suspect is {suspect}.")
    facts = record.journal.facts
    if facts.good_commit:
        commit = plain(facts.good_commit[:12])
        parts.append(f"It was reverted as {commit}.")
    if facts.published:
        chart = plain(f"{facts.name} {facts.version}")
        parts.append(f"{chart} was published.")
    recovered = installable_at(record.journal)
    if recovered:
        parts.append(f"Users could install again at {recovered:{MOMENT}}.")
    else:
        parts.append("A recovery is not recorded.")
    if record.issue_url:
        parts.append(f"Issue: {record.issue_url}.")
    return [" ".join(parts)]


def describe(change: Change) -> str:
    """Return a pull request with its title and link, or the hash of a commit."""
    title = f" {plain(change.title)}" if change.title else ""
    return f"{link_to(change.name, change.url, PULL_URL)}{title}"


def _impact(record: IncidentRecord) -> list[str]:
    recovered = installable_at(record.journal)
    start = "unknown: the record names no bad release"
    if record.released_at:
        release = plain(record.release)
        start = f"{record.released_at:{MOMENT}}, the release of {release}"
    end = "not recorded: no verification passed after the recovery began"
    if recovered:
        end = f"{recovered:{MOMENT}}, when a good chart was where users install it"
    lines = [f"- Exposed from: {start}", f"- Exposed until: {end}"]
    if recovered and record.released_at:
        exposed = _time_between(record.released_at, recovered)
        lines.append(f"- Exposed for: {exposed}")
    if record.released_at:
        numbers = ", ".join(f"#{number}" for number in record.reports)
        lines.append(f"- Reports by users since: {numbers or 'none'}")
    return lines


def _detection(record: IncidentRecord) -> list[str]:
    event = record.detected_by
    if event is None:
        return ["No trigger is recorded from before the recovery began."]
    seen = time_of(event)
    by = ""
    command = event.data.get("command")
    if command:
        typed = public_command(command)
        by = f", by {typed}"
    fired = plain(", ".join(fired_in(event)))
    lines = [f"- First triggers: {fired}, at {seen:{MOMENT}}{by}"]
    if record.released_at:
        duration = _time_between(record.released_at, seen)
        lines.append(f"- Time from the release to the first trigger: {duration}")
    return lines


def _time_between(
    start: datetime,
    end: datetime,
) -> str:
    passed = end - start
    seconds = passed.total_seconds()
    return format_duration(max(seconds, 0.0))


def _trigger(record: IncidentRecord) -> list[str]:
    if record.suspect is None:
        return ["- Suspect: the record names none"]
    lines = [f"- Suspect: {describe(record.suspect)}"]
    if record.why:
        lines.append(f"- Why: {plain(record.why)}")
    if record.reverted and record.reverted.name != record.suspect.name:
        lines.append(f"- Reverted instead: {describe(record.reverted)}")
    return lines


def _resolution(record: IncidentRecord) -> list[str]:
    lines = resolution_lines(record)
    lines.append("")
    lines += TABLE_HEAD
    for stage in recovery_stages(record.journal):
        lines.append(_stage_row(stage, record.is_closing))
    return lines


def _stage_row(
    stage: Stage,
    is_closing: bool,
) -> str:
    budget = format_duration(stage.budget)
    end = ""
    if stage.end is not None:
        end = format_duration(stage.end)
    state = stage.state
    if is_closing and state in ("to do", "late"):
        state = "not done"
    return f"| {stage.name} | {stage.work} | {budget} | {end} | {state} |"


def _timeline(record: IncidentRecord) -> list[str]:
    lines = []
    if record.released_at:
        release = plain(record.release)
        lines.append(f"- {record.released_at:{MOMENT}}, release of {release}")
    chart = gantt_chart(record.journal)
    return ["```mermaid", chart, "```", "", *lines, *step_lines(record.journal)]

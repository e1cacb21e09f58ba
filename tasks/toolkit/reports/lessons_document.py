"""The text of the lessons learned: written from the journal, and continued by hand."""

from __future__ import annotations

from datetime import timedelta

from ..console.output import format_duration
from ..core.printable import harmless
from ..incident.journal import Journal
from ..incident.stages import Stage, gantt_chart, recovery_stages, timed_events
from .incident_text import TITLE, fired_triggers, marker, step_lines

Sections = dict[str, str]  # texts by their headings; the text above the first heading is under ""

GENERATED = ("", "Timeline", "Recovery times")
HANDWRITTEN = {
    "Impact": "Who could not do what, and for how long: to be filled in.",
    "What went well": "- to be filled in",
    "What went badly": "- to be filled in",
    "Follow-ups": """\
- [ ] complete fix and re-deployment
- [ ] what would have found it sooner: `invoke when.check` in cron?""",
}
TABLE_HEAD = [
    "| stage | what | budget | done after | |",
    "| --- | --- | --- | --- | --- |",
]


def lessons_marker(journal: Journal) -> str:
    """Return the comment with which the lessons of the incident begin."""
    return marker(journal, "lessons")


def lessons_text(
    journal: Journal,
    url: str,
    *earlier: str,
    closing: bool = False,
) -> str:
    """Return the lessons; what people wrote into `earlier` ones stays, the last one wins.

    Theirs is the text below the headings HANDWRITTEN, and below headings that they added.
    """
    template = _template(journal, url, closing)
    sections = dict(template)
    for text in earlier:
        sections |= _handwritten_sections(text, template)
    parts = [sections.pop("")]
    for heading, body in sections.items():
        part = f"## {heading}\n\n{body}"
        parts.append(part.strip())
    return "\n\n".join(parts) + "\n"


def _handwritten_sections(text: str, template: Sections) -> Sections:
    """Return what people wrote into a document; an unchanged section is not theirs."""
    sections = {}
    for heading, body in _parse_sections(text).items():
        if heading in GENERATED:
            continue
        if body.strip() != template.get(heading):
            sections[heading] = body
    return sections


def _template(journal: Journal, url: str, closing: bool) -> Sections:
    """Return the sections as far as the journal tells them."""
    above = [
        lessons_marker(journal),
        f"# Incident {journal.id}",
        "",
        _summary(journal, url),
        "",
        *fired_triggers(journal),
    ]
    timeline = [
        "```mermaid",
        gantt_chart(journal),
        "```",
        "",
        *step_lines(journal),
    ]
    times = list(TABLE_HEAD)
    for stage in recovery_stages(journal):
        times.append(_stage_row(stage, closing))
    return {
        "": "\n".join(above).strip(),
        "Impact": HANDWRITTEN["Impact"],
        "Timeline": "\n".join(timeline),
        "Recovery times": "\n".join(times),
        "What went well": HANDWRITTEN["What went well"],
        "What went badly": HANDWRITTEN["What went badly"],
        "Follow-ups": HANDWRITTEN["Follow-ups"],
    }


def _summary(journal: Journal, url: str) -> str:
    opened = journal.opened
    reason = harmless(opened.data.get("reason") or TITLE)
    last = 0.0
    for event, at in timed_events(journal):
        if not event.step.startswith("support."):
            last = max(last, at)
    end = opened.at + timedelta(seconds=last)
    link = f", see {url}" if url else ""
    return f"{reason}. From {opened.at:%Y-%m-%d %H:%M} to {end:%H:%M} UTC{link}."


def _stage_row(stage: Stage, closing: bool) -> str:
    budget = format_duration(stage.budget)
    end = ""
    if stage.end is not None:
        end = format_duration(stage.end)
    state = stage.state
    if closing and state in ("to do", "late"):
        state = "not done"
    return f"| {stage.name} | {stage.work} | {budget} | {end} | {state} |"


def _parse_sections(text: str) -> Sections:
    """Return the sections; an unknown heading within a handwritten one belongs to it."""
    heading = ""
    sections = {heading: ""}
    text = text.replace("\r\n", "\n")
    for line in text.split("\n"):
        found = _heading(line, heading)
        if found:
            heading = found
            sections.setdefault(heading, "")
        else:
            sections[heading] += f"{line}\n"
    for heading, body in sections.items():
        sections[heading] = body.strip("\n")
    return sections


def _heading(line: str, section: str) -> str:
    """Return the heading that a line in a section is; empty for text, and for a line of code."""
    if not line.startswith("## "):
        return ""
    heading = line.removeprefix("## ").strip()
    is_known = heading in HANDWRITTEN or heading in GENERATED
    if is_known or section in GENERATED:
        return heading
    return ""

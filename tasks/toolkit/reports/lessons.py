"""What an incident's record says, in Markdown: the text of its issue, and the lessons, which people go on with by hand."""

from __future__ import annotations

from datetime import timedelta

from ..console.output import format_duration
from ..incident.journal import Journal
from ..incident.stages import gantt_chart, recovery_stages, timed_events

TITLE = "Chart release rolled back"
BY_HAND = (
    "Impact",
    "What went well",
    "What went badly",
    "Follow-ups",
)  # the headings below which the rest is people's to write
RECORDED = (
    "",
    "Timeline",
    "Recovery times",
)  # these, and what stands above the first heading, are the record's

LIMIT = 65_536  # characters that GitHub takes as the text of an issue or a comment


def fit_to_limit(text: str, incident: str) -> str:
    """Return a text as long as GitHub takes it: its middle is cut out, at the ends of lines and of code, with a line that says so."""
    if len(text) <= LIMIT:
        return text
    said = f"*[...] cut here, since GitHub takes {LIMIT:,} characters: the record of incident {incident} holds all of it*"
    half = (LIMIT - len(said) - 10) // 2
    above, below = text[:half].rpartition("\n")[0], text[-half:].partition("\n")[2]
    above += "\n```" * (above.count("```") % 2)
    below = below.partition("```\n")[2] if below.count("```") % 2 else below
    return f"{above}\n\n{said}\n\n{below}"


def marker(journal: Journal, what: str = "incident") -> str:
    """Return the comment by which a text of the incident is found again."""
    return f"<!-- rollback {what} {journal.id} -->"


def body(journal: Journal) -> str:
    """Return the text of the incident's issue."""
    reason = journal.opened.data.get("reason") or "A chart release is being rolled back."
    return (
        "\n".join(
            [
                marker(journal),
                reason,
                "",
                *_fired(journal),
                "What was done, and by which command:",
                "",
                *_steps(journal),
            ]
        )
        + "\n"
    )


def lessons(journal: Journal, url: str, closing: bool) -> str:
    """Return the lessons, with a link to the issue at `url` if there is one: what the record knows, and what people have to add."""
    opened = journal.opened
    last = max(
        (at for event, at in timed_events(journal) if not event.step.startswith("support.")),
        default=0.0,
    )
    ended = opened.at + timedelta(seconds=last)
    table = [
        f"| {stage.name} | {stage.work} | {format_duration(stage.budget)} | {'' if stage.end is None else format_duration(stage.end)} | "
        f"{'not done' if closing and stage.state in ('to do', 'late') else stage.state} |"
        for stage in recovery_stages(journal)
    ]
    where = f", see {url}" if url else ""
    return "\n".join(
        [
            marker(journal, "lessons"), f"# Incident {journal.id}", "",
            f"{opened.data.get('reason') or TITLE}. From {opened.at:%Y-%m-%d %H:%M} to {ended:%H:%M} UTC{where}.", "", *_fired(journal),
            "## Impact", "", "Who could not do what, and for how long: to be filled in.", "",
            "## Timeline", "", "```mermaid", gantt_chart(journal), "```", "", *_steps(journal), "",
            "## Recovery times", "", "| stage | what | budget | done after | |", "| --- | --- | --- | --- | --- |", *table, "",
            "## What went well", "", "- to be filled in", "", "## What went badly", "", "- to be filled in", "",
            "## Follow-ups", "", "- [ ] complete fix and re-deployment",
            "- [ ] what would have found it sooner: `invoke when.check` in cron?", "",
        ]
    )  # fmt: skip


def merge_handwritten(document: str, *written: str) -> str:
    """Return the lessons with what people wrote into earlier ones: below the headings that are theirs, or below others of their own.

    What is as it was generated is no one's; where several wrote below one heading, the last has it.
    """
    made = _parts(document)
    whole = dict(made)
    for text in written:
        parts = _parts(text).items()
        whole |= {
            heading: part
            for heading, part in parts
            if heading not in RECORDED and part.strip() != made.get(heading, "").strip()
        }
    return "\n\n".join(part.strip("\n") for part in whole.values()) + "\n"


def _parts(text: str) -> dict[str, str]:
    """Return a text's parts by their headings, each with its own; below one for people, other headings are theirs, as in code."""
    found, heading = {"": ""}, ""
    for line in text.replace("\r\n", "\n").split("\n"):
        named = line[3:].strip() if line.startswith("## ") else ""
        heading = (
            named
            if named in (*BY_HAND, *RECORDED[1:]) or (named and heading in RECORDED)
            else heading
        )
        found[heading] = found.get(heading, "") + f"{line}\n"
    return found


def _fired(journal: Journal) -> list[str]:
    """Return the line that says which triggers fired, with an empty one; none when none was seen to."""
    seen = [event.data["triggers"].items() for event in journal.events if "triggers" in event.data]
    names = dict.fromkeys(
        name for triggers in seen for name, outcome in triggers if outcome == "fired"
    )
    return [f"What fired: {', '.join(names)}.", ""] if names else []


def _steps(journal: Journal) -> list[str]:
    """Return what was done, a line each: the time in UTC, the step, how it ended, and what is known of it, under the command typed."""
    shown = (
        "revert_url",
        "good_commit",
        "reference",
        "alias",
        "digest",
        "replaced",
        "checks",
        "triggers",
        "error",
    )
    lines, commands = (
        list[str](),
        {event.run: event.data["command"] for event in journal.events if "command" in event.data},
    )
    run = ""
    for event in sorted(
        journal.events, key=lambda one: "seen" not in one.data
    ):  # what was seen before it began comes first
        if event.kind != "started" and not event.step.startswith("support."):
            if event.run != run and event.run in commands:
                lines.append(f"- `{commands[event.run]}`")
            run = event.run
            facts = "".join(
                f", {key} {_words(event.data[key])}" for key in shown if event.data.get(key)
            )
            at = event.data.get("seen") or f"{event.at:%Y-%m-%d %H:%M:%S}"
            lines.append(f"{'  ' * (run in commands)}- {at} UTC, {event.step}: {event.kind}{facts}")
    return lines


def _words(value: object) -> str:
    return (
        ", ".join(f"{name} {end}" for name, end in value.items())
        if isinstance(value, dict)
        else str(value)
    )

"""The texts about an incident, in Markdown: its journal, as people read it on GitHub."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..core.markdown import plain
from ..core.printable import harmless
from ..incident.event import Event
from ..incident.journal import Journal
from ..incident.recovery_outcome import events_before_recovery, first_change, in_order
from .public import public_command, public_error

TITLE = "Chart release rolled back"
TITLE_BEFORE = "Bad chart release"  # while nothing was done about it
HISTORY = "What was done, and by which command:"
MOMENT = "%Y-%m-%d %H:%M:%S UTC"
SIZE_LIMIT = 65_536  # characters that GitHub accepts in an issue or a comment
PULL_URL = r"https://[\w.:-]+/[\w.-]+/[\w.-]+/pull/\d+"
CUT_NOTE = "*[...] cut here"
SHOWN = (
    "chart",
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


def marker(journal: Journal, what: str = "incident") -> str:
    """Return the comment by which a text of the incident is found again."""
    return f"<!-- rollback {what} {journal.id} -->"


def has_marker(text: str, wanted: str) -> bool:
    """Return whether a comment is a line of a text; in a line it may be from a title of others."""
    lines = [line.strip() for line in text.split("\n")]
    return wanted in lines


def issue_title(journal: Journal) -> str:
    """Return the title of the incident's issue, for whoever gives none."""
    return TITLE_BEFORE if first_change(journal) is None else TITLE


def issue_text(journal: Journal, cause: Sequence[str] = ()) -> str:
    """Return the text of the incident's issue, with the lines on its cause."""
    reason = journal.opened.data.get("reason")
    if not reason:
        reason = "A chart release is being rolled back."
        if first_change(journal) is None and cause:
            reason = "A chart release is bad. Nothing was done about it yet."
    lines = [
        marker(journal),
        harmless(reason),
        "",
        *fired_triggers(journal),
        *cause,
        HISTORY,
        "",
        *step_lines(journal),
        "",
    ]
    return "\n".join(lines)


def fired_triggers(journal: Journal) -> list[str]:
    """Return the line that names the triggers that fired, and a blank one; none if none fired.

    Those that fired once the recovery had begun detected nothing.
    """
    fired: list[str] = []
    for event in events_before_recovery(journal):
        for name in fired_in(event):
            if name not in fired:
                fired.append(name)
    if not fired:
        return []
    return [f"What fired: {plain(', '.join(fired))}.", ""]


def fired_in(event: Event) -> list[str]:
    """Return the triggers that fired in one check."""
    triggers = event.data.get("triggers") or {}
    return [name for name, outcome in triggers.items() if outcome == "fired"]


def step_lines(journal: Journal) -> list[str]:
    """Return a list of what was done, in UTC, under the commands that were typed."""
    commands = {}
    for event in journal.events:
        if "command" in event.data:
            commands[event.run] = event.data["command"]
    lines = []
    run = ""  # the invocation of the event before
    for event in in_order(journal):
        if event.kind == "started" or event.step.startswith("support."):
            continue
        command = commands.get(event.run)
        if command and event.run != run:
            lines.append(f"- {public_command(command)}")
        run = event.run
        indent = "  " if command else ""
        lines.append(f"{indent}- {_step_line(event)}")
    return lines


def _step_line(event: Event) -> str:
    time = event.data.get("seen") or f"{event.at:%Y-%m-%d %H:%M:%S}"
    parts = [f"{plain(str(time))} UTC, {plain(event.step)}: {event.outcome}"]
    for key in SHOWN:
        value = event.data.get(key)
        if value:
            parts.append(f"{key} {_in_words(key, value)}")
    return ", ".join(parts)


def _in_words(key: str, value: Any) -> str:
    """Return a value in Markdown: the outcomes of checks or triggers as one text."""
    if key == "error":
        return public_error(str(value))
    if key == "revert_url" and re.fullmatch(PULL_URL, str(value)):
        return str(value)
    if isinstance(value, dict):
        return outcomes_in_words(value)
    return plain(str(value))


def outcomes_in_words(outcomes: Mapping[str, Any]) -> str:
    """Return the outcomes of checks or triggers, by their names, as one text."""
    parts = []
    for name, outcome in outcomes.items():
        parts.append(f"{name} {outcome}")
    return plain(", ".join(parts))


def fit_to_limit(text: str, incident_id: str) -> str:
    """Return a text that GitHub accepts: cut in the middle, between lines and outside of code."""
    if len(text) <= SIZE_LIMIT:
        return text
    where = f"the journal of incident {incident_id} holds all of it"
    note = f"{CUT_NOTE}, since GitHub accepts {SIZE_LIMIT:,} characters: {where}*"
    rest = SIZE_LIMIT - len(note) - 10
    half = rest // 2
    above, _, _ = text[:half].rpartition("\n")
    _, _, below = text[-half:].partition("\n")
    if above.count("```") % 2:
        above += "\n```"
    if below.count("```") % 2:
        _, _, below = below.partition("```\n")
    return f"{above}\n\n{note}\n\n{below}"

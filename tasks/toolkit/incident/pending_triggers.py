"""Trigger results, kept for the incident that may begin with them: a check opens none."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..core.files import read_text, replace_text
from .event import Event
from .journal import UNREADABLE

RECENT = timedelta(days=1)  # what fired earlier belongs to another emergency


def keep_trigger_results(file: Path, result: Event, mask: Callable[[str], str]) -> None:
    """Keep a result in place of earlier ones of its triggers; an unwritable file loses it."""
    triggers = result.data["triggers"].keys()
    others = [event for event in _read(file) if event.data["triggers"].keys() - triggers]
    lines = [f"{mask(event.line())}\n" for event in [*others, result]]
    with suppress(OSError):
        replace_text(file, "".join(lines))


def pending_trigger_results(file: Path) -> list[Event]:
    """Return the results, the newest last, as events of now that say when they were seen.

    The time of an incident counts from its first event.
    """
    now = datetime.now(UTC)
    return [
        replace(event, at=now, data={**event.data, "seen": f"{event.at:%Y-%m-%d %H:%M:%S}"})
        for event in _read(file)
    ]


def discard_trigger_results(file: Path) -> None:
    """Delete the results: an incident has them now."""
    with suppress(OSError):
        file.unlink(missing_ok=True)


def _read(file: Path) -> list[Event]:
    try:
        lines = read_text(file).split("\n")
        events = [Event.parse(json.loads(line)) for line in lines if line]
    except (OSError, *UNREADABLE):  # useful, but never needed
        return []
    oldest = datetime.now(UTC) - RECENT
    return [event for event in events if "triggers" in event.data and event.at > oldest]

"""Trigger results, kept for the incident that may begin with them: a check opens none."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..core.files import read_text, replace_text
from .event import UNREADABLE, Event

RECENT = timedelta(days=1)  # what fired earlier belongs to another emergency


def keep_trigger_results(file: Path, result: Event, mask: Callable[[str], str]) -> None:
    """Keep a result in place of earlier ones of its triggers; an unwritable file loses it."""
    checked = result.data["triggers"].keys()
    text = ""
    for event in _read(file):
        if event.data["triggers"].keys() - checked:
            text += mask(event.line()) + "\n"
    text += mask(result.line()) + "\n"
    with suppress(OSError):
        replace_text(file, text)


def pending_trigger_results(file: Path) -> list[Event]:
    """Return the results, the newest last, as events of now that say when they were seen.

    The time of an incident counts from its first event.
    """
    now = datetime.now(UTC)
    results = []
    for event in _read(file):
        seen = f"{event.at:%Y-%m-%d %H:%M:%S}"
        data = {**event.data, "seen": seen}
        result = replace(event, at=now, data=data)
        results.append(result)
    return results


def discard_trigger_results(file: Path) -> None:
    """Delete the results: an incident has them now."""
    with suppress(OSError):
        file.unlink(missing_ok=True)


def _read(file: Path) -> list[Event]:
    """Return the recent results in a file; none if any of it is no event: none is ever needed."""
    oldest = datetime.now(UTC) - RECENT
    recent = []
    try:
        lines = [line for line in read_text(file).split("\n") if line]
        for line in lines:
            event = Event.parse(json.loads(line))
            if "triggers" in event.data and event.at > oldest:
                recent.append(event)
    except (OSError, *UNREADABLE):
        return []
    return recent

"""Keep trigger results until an incident begins: a check does not open one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..core.errors import Refused
from ..core.files import replace_text
from ..core.own_files import read_own
from .event import UNREADABLE, Event, decode

RECENT = timedelta(days=1)  # what fired earlier belongs to another emergency


def keep_trigger_results(file: Path, result: Event, mask: Callable[[str], str]) -> None:
    """Keep a result in place of earlier ones of its triggers; an unwritable file loses it.

    The first one of what still fires stays: the trouble was detected then.
    """
    now = result.data["triggers"]
    kept = []
    is_detected = False
    for event in _read(file):
        still_fires = _still_fires(event, now)
        is_first = still_fires and not is_detected
        if is_first or event.data["triggers"].keys() - now.keys():
            kept.append(event)
        is_detected = is_detected or still_fires
    text = ""
    for event in [*kept, result]:
        text += mask(event.line()) + "\n"
    with suppress(OSError):
        replace_text(file, text)


def _still_fires(earlier: Event, now: Mapping[str, str]) -> bool:
    """Return whether something that fired earlier has not become clear."""
    for name, outcome in earlier.data["triggers"].items():
        if outcome == "fired" and now.get(name) != "clear":
            return True
    return False


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
    """Return the recent results in a file; none if a line is no event: no result is required."""
    oldest = datetime.now(UTC) - RECENT
    recent = []
    try:
        lines = read_own(file.parent, file).split(b"\n")
        for line in filter(None, lines):
            event = Event.parse(decode(line))
            if event.data.get("triggers") and event.at > oldest:
                recent.append(event)
    except (OSError, Refused, *UNREADABLE):
        return []
    return recent

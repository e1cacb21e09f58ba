"""The record of an incident: what was begun, what came of it, and what was learned.

Kept in memory for one invocation; `write` is the one place through which every event goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Kind = Literal["started", "done", "failed", "skipped"]


@dataclass(frozen=True)
class Event:
    """One line of the record: when (aware, UTC), which step, what kind, and its data."""

    at: datetime
    step: str
    kind: Kind
    data: Mapping[str, Any]


@dataclass
class Journal:
    """An append-only list of events."""

    events: list[Event] = field(default_factory=list)

    def write(self, step: str, kind: Kind, data: Mapping[str, Any]) -> None:
        """Append an event, stamped with the time."""
        self.events.append(Event(datetime.now(UTC), step, kind, dict(data)))

    def known(self) -> dict[str, Any]:
        """Return what the recipes learned so far: the data of every outcome, the later winning."""
        return {key: value for event in self.events if event.kind in ("done", "skipped") for key, value in event.data.items()}

"""What an incident's journal has a line for: an event, and what of it is believed when it is read again."""

from __future__ import annotations

import json
import math
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

SCHEMA = 1
RUN = uuid.uuid4().hex[:12]  # this invocation, within which `clock` can be compared
Kind = Literal["opened", "started", "done", "failed", "skipped", "closed"]
# What recipes go on with must be what they take it for, or None where it is no more; of the rest anything is kept.
TEXTS = [
    "archive",
    "sha256",
    "name",
    "version",
    "app_version",
    "reference",
    "digest",
    "alias",
    "saved",
    "replaced",
    "planned",
]
TEXTS += ["good_commit", "merged_at", "revert_url", "command", "reason", "by", "error"]
SHAPES: Mapping[str, type] = {
    **dict.fromkeys(TEXTS, str),
    "checks": dict,
    "triggers": dict,
    "issue": int,
    "revert": int,
}


@dataclass(frozen=True)
class Event:
    """One line: when (aware, UTC), by which invocation, at what monotonic time (seconds), which step, what kind, and its data."""

    at: datetime
    run: str
    clock: float
    step: str
    kind: Kind
    data: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def now(cls, step: str, kind: Kind, data: Mapping[str, Any]) -> Event:
        """Make an event of this moment; its data as it will be read again."""
        return cls(
            datetime.now(UTC),
            RUN,
            time.monotonic(),
            step,
            kind,
            json.loads(json.dumps(data, default=str)),
        )

    @classmethod
    def of(cls, said: Any) -> Event:
        """Make an event of what a line says. Raises ValueError, KeyError, TypeError or OverflowError when it is none."""
        at, run, clock, step, kind, data = (
            said[key] for key in ("at", "run", "clock", "step", "kind", "data")
        )
        if not (
            isinstance(run, str)
            and isinstance(step, str)
            and kind in get_args(Kind)
            and isinstance(data, dict)
        ):
            raise TypeError(said)
        if not all(
            value is None or isinstance(value, SHAPES.get(key, object))
            for key, value in data.items()
        ) or not math.isfinite(clock):
            raise TypeError(said)
        if data.get("merged_at"):
            datetime.fromisoformat(data["merged_at"])
        return cls(datetime.fromisoformat(at).astimezone(UTC), run, float(clock), step, kind, data)

    def line(self) -> str:
        """Return the line, without its end."""
        return json.dumps({**asdict(self), "at": self.at.isoformat()}, ensure_ascii=False)


def seconds_between(earlier: Event, later: Event) -> float:
    """Return the time between two events: by the monotonic clock within an invocation, else by the wall clock, and never negative."""
    passed = (
        later.clock - earlier.clock
        if earlier.run == later.run
        else (later.at - earlier.at).total_seconds()
    )
    return max(0.0, passed)


def unknown_schema(said: Any) -> Any:
    """Return the schema of what a line says when these recipes do not know it: newer ones may write lines of any shape."""
    if not isinstance(said, dict):
        return None
    data = said.get("data") if said.get("kind") == "opened" else None
    schema = said.get("schema", data.get("schema") if isinstance(data, dict) else None)
    known = schema is None or (re.fullmatch(r"\d+", str(schema)) and int(schema) <= SCHEMA)
    return None if known else schema

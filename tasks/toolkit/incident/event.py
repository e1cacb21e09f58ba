"""One line of an incident's journal: how an event is written, checked and read again."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from ..core.invocation import invocation_id
from .facts import CHART, Facts, aware_time

SCHEMA = 1
Kind = Literal["opened", "started", "done", "failed", "skipped", "closed"]
CAUSE = "cause"  # the key of what the triggers found: the bad release, and who is suspected
EVIDENCE = "evidence"  # the key of why triggers fired, by their names
# What is read again beside facts; anything else is kept as it is.
TYPES: Mapping[str, type] = {
    "command": str,
    "reason": str,
    "by": str,
    "repository": str,
    "error": str,
    CHART: str,
    "checks": dict,
    "triggers": dict,
    CAUSE: dict,
    EVIDENCE: dict,
    "charts": list,
}
# What a line that holds no event raises when it is decoded and parsed.
UNREADABLE = (ValueError, LookupError, TypeError, OverflowError, RecursionError)
DEEPEST = 20  # levels of lists and objects in a line
LONGEST_ERROR = 10_000  # characters of it that are recorded
LARGEST_CLOCK = 1e10  # seconds, some 300 years
LAST_YEAR = 9000  # later, a time plus a duration may be none
CHARTS = "charts"  # the key of what publishes several: their labels
LEFT_OUT = "left_out"  # the key that says a stage was left out on purpose


@dataclass(frozen=True)
class Event:
    """What a step did: `at` is aware and in UTC, `run` is the invocation, `clock` in seconds."""

    at: datetime
    run: str
    clock: float
    step: str
    kind: Kind
    data: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def now(
        cls,
        step: str,
        kind: Kind,
        data: Mapping[str, Any],
    ) -> Event:
        """Return an event of now, with its data as JSON holds it."""
        written = json.loads(json.dumps(data, default=str))
        now = datetime.now(UTC)
        return cls(now, invocation_id(), time.monotonic(), step, kind, written)

    @classmethod
    def parse(cls, line: Any) -> Event:
        """Return the event that a decoded line holds.

        Raises ValueError, KeyError, TypeError or OverflowError when it holds none.
        """
        event = cls(
            at=aware_time(line["at"]),
            run=line["run"],
            clock=line["clock"],
            step=line["step"],
            kind=line["kind"],
            data=line["data"],
        )
        if not isinstance(event.run, str) or not isinstance(event.step, str):
            raise TypeError(line)
        if not 0 <= event.clock <= LARGEST_CLOCK or event.kind not in get_args(Kind):
            raise ValueError(line)
        if event.at.year > LAST_YEAR:
            raise ValueError(line)
        _check_data(event.data)
        return event

    @property
    def label(self) -> str:
        """The step, with its chart if that is one of several."""
        return f"{self.step} {self.data.get(CHART) or ''}".rstrip()

    @property
    def outcome(self) -> str:
        """What the step came to: a revert is opened first, and merged later; a trigger fired."""
        if self.kind == "failed" and self.data.get("triggers"):
            return "fired"
        if self.step != "rollback.revert" or self.kind not in ("done", "skipped"):
            return self.kind
        outcome = "merged" if self.data.get("good_commit") else "opened"
        return outcome if self.kind == "done" else f"already {outcome}"

    @property
    def label_with_outcome(self) -> str:
        """The label, with the outcome unless that is `done`."""
        if self.outcome == "done":
            return self.label
        return f"{self.label} {self.outcome}"

    def line(self) -> str:
        """Return the event as a line of JSON, without its end."""
        parts = asdict(self)
        parts["at"] = self.at.isoformat()
        return json.dumps(parts, ensure_ascii=False)


def _check_data(data: Any) -> None:
    """Raise TypeError or ValueError for data that recipes would misread."""
    if not isinstance(data, dict):
        raise TypeError(data)
    for key, kind in TYPES.items():
        if not isinstance(data.get(key), kind | None):
            raise TypeError(key)
    for key in ("checks", "triggers", CAUSE, EVIDENCE):
        for outcome in (data.get(key) or {}).values():
            if not isinstance(outcome, str):
                raise TypeError(key)
    Facts.from_data([data], data.get(CHART) or "")


def decode(line: bytes | str) -> Any:
    """Return what a line of JSON holds. Raises one of UNREADABLE.

    What could not be written again as strict JSON in UTF-8, such as NaN, is no such line.
    """
    decoded = json.loads(line)
    json.dumps(decoded, allow_nan=False, ensure_ascii=False).encode()
    level = [decoded]
    for _ in range(DEEPEST):
        level = [part for whole in level for part in _parts(whole)]
    if level:
        raise ValueError(f"over {DEEPEST} levels")
    return decoded


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def seconds_between(earlier: Event, later: Event) -> float:
    """Return the seconds between two events, never negative.

    Within one invocation the monotonic clock counts, else the wall clock.
    """
    if earlier.run == later.run:
        return max(0.0, later.clock - earlier.clock)
    return max(0.0, (later.at - earlier.at).total_seconds())


def unknown_schema(line: Any) -> Any:
    """Return the schema of a decoded line if it is newer than ours, else None."""
    if not isinstance(line, dict):
        return None
    schema = line.get("schema")
    data = line.get("data")
    if schema is None and line.get("kind") == "opened" and isinstance(data, dict):
        schema = data.get("schema")
    if schema is None:
        return None
    text = str(schema)
    if re.fullmatch(r"\d+", text) and int(text) <= SCHEMA:
        return None
    return schema

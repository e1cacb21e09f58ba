"""The file of a journal: events are appended and read again line by line.

A line that was cut short is ended by the next one and ignored; no line is ever overwritten.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ..console.trace import recording_span
from ..core.errors import BadInput, ServiceError
from ..core.own_files import open_own, read_own
from .event import UNREADABLE, Event, decode, unknown_schema

APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT
LONGEST_LINE = 2**20  # bytes
LOOKED_UP = "run the recipes as usual: they look up again what was lost"
MOST_REPAIRS = 3  # that are reported one by one


class JournalFile:
    """The file at `path`, which may be made yet; `mask` hides secrets in what is written."""

    def __init__(self, path: Path, mask: Callable[[str], str]) -> None:
        self.path = path
        self._mask = mask
        self._ends_within_a_line = False

    @property
    def _state(self) -> Path:
        return self.path.parents[1]

    def append(self, events: list[Event]) -> None:
        """Write events and flush them to disk. Raises OSError, Refused."""
        with recording_span("journal"):
            self._append(events)

    def _append(self, events: list[Event]) -> None:
        text = "\n" if self._ends_within_a_line else ""
        for event in events:
            text += self._mask(event.line()) + "\n"
        descriptor = open_own(self._state, self.path, APPEND)
        try:
            left = text.encode(errors="replace")
            self._ends_within_a_line = True  # until all is written
            while left:
                written = os.write(descriptor, left)
                left = left[written:]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._ends_within_a_line = False

    def read(self) -> tuple[list[Event], list[str]]:
        """Return the events, and what was ignored, in words.

        Raises BadInput if newer recipes wrote the file, ServiceError if it is unreadable,
        Refused if it is somebody else's or too large.
        """
        lines = self._lines()
        self._ends_within_a_line = bool(lines[-1])
        events = []
        repairs = []
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            event = self._parse(line)
            if event:
                events.append(event)
                continue
            why = "was cut short" if number == len(lines) else "is not an event"
            repairs.append(f"line {number} of {self.path} {why}: ignored")
        left_out = len(repairs) - MOST_REPAIRS
        if left_out > 0:
            repairs[MOST_REPAIRS:] = [f"{left_out} more lines of {self.path} are ignored"]
        if repairs:
            repairs[-1] += f"; {LOOKED_UP}"
        if not events:
            what = f"{self.path} holds no event"
            repairs.append(f"{what}: what was done before is unknown and will be looked up")
        return events, repairs

    def _lines(self) -> list[bytes]:
        try:
            return read_own(self._state, self.path).split(b"\n")
        except OSError as error:
            what = f"{self.path} could not be read ({error.strerror})"
            raise ServiceError(what, "check that you may read it") from error

    def _parse(self, line: bytes) -> Event | None:
        """Return the event of a line, or None. Raises BadInput for a newer schema."""
        if len(line) > LONGEST_LINE:
            return None
        try:
            decoded = decode(line)
            schema = unknown_schema(decoded)
            if schema is None:
                return Event.parse(decoded)
        except UNREADABLE:
            return None
        shown = str(schema)[:20]
        what = f"{self.path} was written by newer recipes (schema {shown})"
        raise BadInput(what, "update these")

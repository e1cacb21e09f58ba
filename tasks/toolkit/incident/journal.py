"""The journal of an incident on disk: what was started, what came of it, what was learned.

    <state folder>/<incident id>/journal.jsonl      one event a line; the first line has the schema

A line is on disk before the side effect that it announces, and is never overwritten. A line that
was cut short is ended and ignored. A `started` without an outcome means "unknown": recipes ask the
world, not the journal.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from ..core.errors import BadInput, ServiceError
from ..core.files import sync_to_disk, write_error
from ..core.invocation import current_user
from .event import SCHEMA, Event, Kind, seconds_between, unknown_schema
from .facts import Facts

FILE = "journal.jsonl"
ID = re.compile(r"(\d{4}-\d\d-\d\dT\d{6}Z)(?:-(\d{3}))?")
Perform = Callable[[Callable[[], None]], object]
UNREADABLE = (ValueError, LookupError, TypeError, OverflowError, RecursionError)


def _run(change: Callable[[], None]) -> None:
    change()


class Journal:
    """The events of one incident: those in `file`, and those to come.

    Until an incident is opened there is no file, and events stay in memory. `mask` hides secrets,
    `repairs` says what in the file was ignored. `perform` makes each write to disk; in a dry run
    it makes none.
    """

    def __init__(
        self,
        file: Path | None = None,
        mask: Callable[[str], str] = str,
        perform: Perform = _run,
    ) -> None:
        """Read `file`. Raises BadInput if newer recipes wrote it, ServiceError if unreadable."""
        self.file = file
        self.events: list[Event] = []
        self.repairs: list[str] = []
        self._mask = mask
        self._perform = perform
        self._ends_within_a_line = False
        if file:
            self._read(file)

    @property
    def id(self) -> str:
        """The incident's id, which sorts by time; empty while there is no incident."""
        return self.file.parent.name if self.file else ""

    @property
    def opened(self) -> Event:
        """The first event; without one, an event of now that says nothing."""
        if self.events:
            return self.events[0]
        return Event.now("timeline.start", "opened", {})

    @property
    def is_closed(self) -> bool:
        """Whether the incident is over."""
        return any(event.kind == "closed" for event in self.events)

    @property
    def facts(self) -> Facts:
        """What the recipes learned so far: the data of every outcome, the later winning."""
        outcomes = (event.data for event in self.events if event.kind in ("done", "skipped"))
        return Facts.from_data(outcomes)

    def open(self, state: Path, reason: str) -> None:
        """Open an incident in `state` and write the events in memory. Raises ServiceError."""
        by = f"{current_user()}@{platform.node()}"
        data = {"schema": SCHEMA, "reason": reason, "by": by}
        events = [Event.now("timeline.start", "opened", data), *self.events]
        try:
            folder = state / _new_id(state, datetime.now(UTC))
            folder.mkdir(mode=0o700)
            self.file = folder / FILE
            self._append(events)
            sync_to_disk(folder)
            sync_to_disk(state)
        except OSError as error:
            raise write_error(self.file or state, error) from error
        self.events = events

    def write(
        self,
        step: str,
        kind: Kind,
        data: Mapping[str, Any],
    ) -> None:
        """Append an event; if there is a file, it is on disk then. Raises ServiceError."""
        event = Event.now(step, kind, data)
        if self.file:
            try:
                self._perform(partial(self._append, [event]))
            except OSError as error:
                raise write_error(self.file, error) from error
        self.events.append(event)

    def offsets(self) -> list[float]:
        """Return for each event the seconds since the first, never decreasing."""
        offsets = [0.0]
        for earlier, later in zip(self.events, self.events[1:], strict=False):
            offsets.append(offsets[-1] + seconds_between(earlier, later))
        return offsets[: len(self.events)]

    def elapsed(self) -> float:
        """Return the seconds from the first event until now, or until the incident was closed."""
        if not self.events:
            return 0.0
        last = self.offsets()[-1]
        if self.is_closed:
            return last
        return last + seconds_between(self.events[-1], Event.now("", "done", {}))

    def _append(self, events: list[Event]) -> None:
        text = "".join(f"{self._mask(event.line())}\n" for event in events)
        if self._ends_within_a_line:
            text = "\n" + text
        descriptor = os.open(self.file or "", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            left = text.encode()
            self._ends_within_a_line = True  # until all is written
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._ends_within_a_line = False

    def _read(self, file: Path) -> None:
        try:
            lines = file.read_bytes().split(b"\n")
        except OSError as error:
            what = f"{file} could not be read ({error.strerror})"
            raise ServiceError(what, "check that you may read it") from error
        self._ends_within_a_line = bool(lines[-1])
        for number, line in enumerate(lines, 1):
            if line and not self._read_line(line):
                why = "was cut short" if number == len(lines) else "is not an event"
                self.repairs.append(f"line {number} of {file} {why}: ignored")
        if not self.events:
            what = f"{file} holds no event"
            self.repairs.append(f"{what}: what was done before is unknown and will be looked up")

    def _read_line(self, line: bytes) -> bool:
        """Read one event; return whether there is one. Raises BadInput for a newer schema."""
        try:
            decoded = json.loads(line)
            schema = unknown_schema(decoded)
            if schema is None:
                self.events.append(Event.parse(decoded))
        except UNREADABLE:
            return False
        if schema is not None:
            what = f"{self.file} was written by newer recipes (schema {str(schema)[:20]})"
            raise BadInput(what, "update these")
        return True


def journal_files(state: Path) -> Iterator[Path]:
    """Yield the journals in the folder `state`, the newest incident first."""
    yield from sorted(state.glob(f"*/{FILE}"), reverse=True)


def open_journal(state: Path, mask: Callable[[str], str], perform: Perform) -> Journal:
    """Return the journal of the newest incident that is not closed, or an empty one."""
    for file in journal_files(state):
        journal = Journal(file, mask, perform)
        if not journal.is_closed:  # the clock may have been wrong when a newer one was opened
            return journal
    return Journal(None, mask, perform)


def _new_id(state: Path, now: datetime) -> str:
    """Return an id above every other: incidents sort as they were opened, whatever the clock."""
    ids = [folder.name for folder in state.glob("*Z*") if ID.fullmatch(folder.name)]
    new = now.strftime("%Y-%m-%dT%H%M%SZ")
    last = ID.fullmatch(max(ids, default=""))
    if not last or last[1] < new:
        return new
    return f"{last[1]}-{int(last[2] or 1) + 1:03}"

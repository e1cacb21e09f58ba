"""The record of an incident on disk: what was begun, what came of it, and what was learned.

    <state folder>/<incident id>/journal.jsonl      one event a line, the first line says the schema

An event is one line, on disk before the side effect that it announces, and nothing is ever overwritten: a line that was cut short
is closed, and left. A `started` without an outcome means "unknown": the recipes ask the world, never the journal.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..core.errors import BadInput, ServiceError
from ..core.files import sync_to_disk
from ..core.invocation import current_user
from .event import SCHEMA, Event, Kind, seconds_between, unknown_schema

FILE = "journal.jsonl"
ID = re.compile(r"(\d{4}-\d\d-\d\dT\d{6}Z)(?:-(\d{3}))?")


class Journal:
    """The events of one incident: those in `file`, and those to come.

    Until an incident is begun there is no file, and events are kept in memory; in a dry run they always are. `repairs` tells what in
    the file could not be read.
    """

    def __init__(
        self, file: Path | None = None, mask: Callable[[str], str] = str, dry: bool = False
    ) -> None:
        """Read `file`. Raises BadInput when a newer version of the recipes wrote it, ServiceError when it cannot be read."""
        self.file, self.events, self.repairs, self._mask, self._torn = (
            file,
            list[Event](),
            list[str](),
            mask,
            False,
        )
        self._dry = dry
        if file:
            self._read(file)

    @classmethod
    def open_in(cls, state: Path, mask: Callable[[str], str], dry: bool = False) -> Journal:
        """Return the journal of the newest incident under `state` that is not closed, or one of none."""
        found = (
            cls(file, mask, dry) for file in journal_files(state)
        )  # the clock may have been ahead when a newer one was opened
        return next((journal for journal in found if not journal.closed), cls(None, mask, dry))

    @property
    def id(self) -> str:
        """The incident's id, which sorts by time; empty while there is none."""
        return self.file.parent.name if self.file else ""

    @property
    def opened(self) -> Event:
        """The first event; where none could be read, one of now that knows nothing."""
        return self.events[0] if self.events else Event.now("timeline.start", "opened", {})

    @property
    def closed(self) -> bool:
        """Whether the incident is over."""
        return any(event.kind == "closed" for event in self.events)

    def begin(self, state: Path, reason: str) -> None:
        """Open an incident under `state`, and put on disk what was kept in memory. Raises ServiceError."""
        kept, now = self.events, datetime.now(UTC)
        by = f"{current_user()}@{platform.node()}"
        opened = Event.now(
            "timeline.start", "opened", {"schema": SCHEMA, "reason": reason, "by": by}
        )
        try:
            folder = state / _name(state, now)
            folder.mkdir(mode=0o700)
            self.file = folder / FILE
            self._append([opened, *kept])
            for changed in (folder, state):
                sync_to_disk(changed)
        except OSError as error:
            raise write_error(self.file or state, error) from error
        self.events = [opened, *kept]

    def write(self, step: str, kind: Kind, data: Mapping[str, Any]) -> None:
        """Append an event, on disk when this returns unless the run is dry. Raises ServiceError."""
        event = Event.now(step, kind, data)
        if self.file and not self._dry:
            try:
                self._append([event])
            except OSError as error:
                raise write_error(self.file, error) from error
        self.events.append(event)

    def known(self) -> dict[str, Any]:
        """Return what the recipes learned so far: the data of every outcome, the later winning, and None where a thing is no more."""
        learned = {
            key: value
            for event in self.events
            if event.kind in ("done", "skipped")
            for key, value in event.data.items()
        }
        return {key: value for key, value in learned.items() if value is not None}

    def offsets(self) -> list[float]:
        """Return for each event the seconds since the first, never decreasing, whatever the wall clock did."""
        found = [0.0]
        for earlier, later in zip(self.events, self.events[1:], strict=False):
            found.append(found[-1] + seconds_between(earlier, later))
        return found[: len(self.events)]

    def elapsed(self) -> float:
        """Return the seconds from the first event until now, or until the incident was closed."""
        if not self.events or self.closed:
            return (self.offsets() or [0.0])[-1]
        return self.offsets()[-1] + seconds_between(self.events[-1], Event.now("", "done", {}))

    def _append(self, events: list[Event]) -> None:
        text = "\n" * self._torn + "".join(f"{self._mask(event.line())}\n" for event in events)
        descriptor = os.open(self.file or "", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            left = text.encode()
            while left:
                self._torn = True  # until the whole line is written
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._torn = False

    def _read(self, file: Path) -> None:
        try:
            *lines, rest = file.read_bytes().split(b"\n")
        except OSError as error:
            raise ServiceError(
                f"{file} could not be read ({error.strerror})", "see to it that you may read it"
            ) from error
        self._torn = bool(rest)
        for number, line in enumerate([*lines, *[rest] * self._torn], 1):
            try:
                said = json.loads(line)
                schema = unknown_schema(said)
                if schema is None:
                    self.events.append(Event.of(said))
            except (ValueError, LookupError, TypeError, OverflowError, RecursionError):
                if line:
                    self.repairs.append(
                        f"line {number} of {file} {'was cut short' if line is rest else 'is no event'}: ignored"
                    )
                continue
            if schema is not None:
                raise BadInput(
                    f"{file} was written by newer recipes (schema {str(schema)[:20]})",
                    "update these",
                )
        if not self.events:
            self.repairs.append(
                f"{file} holds no event: what was done before is unknown, and looked up"
            )


def journal_files(state: Path) -> Iterator[Path]:
    """Yield the journals under `state`, the newest incident first."""
    yield from sorted(state.glob(f"*/{FILE}"), reverse=True)


def _name(state: Path, now: datetime) -> str:
    """Return an id above every other, so that they sort as the incidents were opened, whatever the clock did meanwhile."""
    last = ID.fullmatch(
        max((folder.name for folder in state.glob("*Z*") if ID.fullmatch(folder.name)), default="")
    )
    name = now.strftime("%Y-%m-%dT%H%M%SZ")
    return f"{last[1]}-{int(last[2] or 1) + 1:03}" if last and last[1] >= name else name


def write_error(file: Path, error: OSError) -> ServiceError:
    """Return the error for a record that could not be written."""
    if isinstance(error, FileExistsError | NotADirectoryError):
        there = next(
            (path for path in (file, *file.parents) if os.path.lexists(path) and not path.is_dir()),
            file,
        )
        return ServiceError(
            f"{there} is something else than a folder, so that {file} could not be written",
            "move it away",
        )
    advice = "free some space or see to its permissions, then run the same command again: what was done is found"
    return ServiceError(f"{file} could not be written ({error.strerror})", advice)

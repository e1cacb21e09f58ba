"""The journal of an incident on disk: each step that was started, its outcome and its facts.

    <state folder>/<incident id>/journal.jsonl      one event a line; the first line has the schema

An event is on disk before the side effect that it announces. A `started` without an outcome means
"unknown": recipes then ask GitHub and the registry.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..core.files import sync_to_disk, write_error
from ..core.invocation import current_chart, current_user
from .event import SCHEMA, Event, Kind, seconds_between
from .facts import CHART, Facts
from .journal_file import JournalFile

FILE = "journal.jsonl"
LONGEST = 100 * 365.0 * 86_400  # seconds that an incident lasts, whatever the clocks say
ID = re.compile(r"(\d{4}-\d\d-\d\dT\d{6}Z)(?:-(\d{3}))?")
Perform = Callable[[Callable[[], None]], object]


def _run(change: Callable[[], None]) -> None:
    change()


class Journal:
    """The events of one incident: those in `file`, and those that are added.

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
        self.events: list[Event] = []
        self.repairs: list[str] = []
        self._mask = mask
        self._perform = perform
        self._file: JournalFile | None = None
        if file:
            self._file = JournalFile(file, mask)
            self.events, self.repairs = self._file.read()

    @property
    def file(self) -> Path | None:
        """The path of the file, if there is one."""
        return self._file.path if self._file else None

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
        """The facts so far, from the data of every outcome; a later one replaces an earlier one.

        Of several charts it is for the one that is worked on.
        """
        outcomes = [event for event in self.events if event.kind in ("done", "skipped")]
        return Facts.from_data([event.data for event in outcomes], current_chart())

    @property
    def repository(self) -> str:
        """The repository of the incident, owner/name; empty if its events do not say."""
        recorded = self.opened.data.get("repository")
        if recorded:
            return str(recorded)
        # The first edition recorded it in the URL of the revert only.
        match = re.search(r"//[^/]+/([^/]+/[^/]+)/pull/", self.facts.revert_url)
        return match[1] if match else ""

    def open(self, state: Path, reason: str, repository: str = "") -> None:
        """Open an incident of a repository in `state` and write the events in memory.

        Raises ServiceError.
        """
        by = f"{current_user()}@{platform.node()}"
        data = {"schema": SCHEMA, "reason": reason, "by": by}
        if repository:
            data["repository"] = repository
        opened = Event.now("timeline.start", "opened", data)
        self.keep_in(state, [opened, *self.events])

    def keep_in(self, state: Path, events: list[Event]) -> None:
        """Write events, the first of which opened an incident, to a new folder in `state`.

        Raises ServiceError.
        """
        path = state
        try:
            folder = _make_folder(state)
            path = folder / FILE
            self._file = JournalFile(path, self._mask)
            self._file.append(events)
            sync_to_disk(folder)
            sync_to_disk(state)
        except OSError as error:
            raise write_error(path, error) from error
        self.events = events

    def write(
        self,
        step: str,
        kind: Kind,
        data: Mapping[str, Any],
    ) -> None:
        """Append an event; if there is a file, it is on disk then. Raises ServiceError.

        It says of which chart it is, where there are several.
        """
        if current_chart():
            data = {CHART: current_chart(), **data}
        event = Event.now(step, kind, data)
        if self._file:
            append = partial(self._file.append, [event])
            try:
                self._perform(append)
            except OSError as error:
                raise write_error(self._file.path, error) from error
        self.events.append(event)

    def offsets(self) -> list[float]:
        """Return for each event the seconds since the first, never decreasing."""
        offsets = [0.0]
        for earlier, later in pairwise(self.events):
            passed = seconds_between(earlier, later)
            offsets.append(min(offsets[-1] + passed, LONGEST))
        return offsets[: len(self.events)]

    def elapsed(self) -> float:
        """Return the seconds from the first event until now, or until the incident was closed."""
        if not self.events:
            return 0.0
        elapsed = self.offsets()[-1]
        if not self.is_closed:
            last = self.events[-1]
            now = Event.now("", "done", {})
            elapsed += seconds_between(last, now)
        return min(elapsed, LONGEST)


def _make_folder(state: Path) -> Path:
    """Make the folder of a new incident; one of another repository may be made meanwhile."""
    while True:
        folder = state / _new_id(state, datetime.now(UTC))
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            return folder


def _new_id(state: Path, now: datetime) -> str:
    """Return an id that sorts after every other, even if the clock was set back."""
    new = now.strftime("%Y-%m-%dT%H%M%SZ")
    names = []
    for folder in state.glob("*Z*"):
        names.append(folder.name)
    ids = []
    for name in names:
        if ID.fullmatch(name):
            ids.append(name)
    newest = ID.fullmatch(max(ids, default=""))
    if not newest or newest[1] < new:
        return new
    number = int(newest[2] or 1) + 1
    return f"{newest[1]}-{number:03}"

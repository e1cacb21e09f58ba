"""The incident's record, as recipes use it: one operator acts at a time, and what each learned outlives the invocation."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from ..clients.git.repository import Git, NoRepository
from ..clients.github.client import GitHub
from ..clients.process import ProcessRunner
from ..console import output, waiting
from ..console.waiting import Pending
from ..core.errors import RecipeError, Refused
from ..core.invocation import typed_command
from ..core.settings import Settings
from . import sighting
from .event import Event, Kind
from .journal import Journal, write_error
from .lock import Lock

GOES_ON = {
    "good_commit",
    "digest",
}  # facts by which the next recipe goes on, in this invocation or another


class Record:
    """The half of Incident that remembers."""

    settings: Settings
    commands: ProcessRunner
    dry: bool

    @cached_property
    def root(self) -> Path:
        """The top folder of the person's clone."""
        raise NotImplementedError

    @cached_property
    def git(self) -> Git:
        """Git in the person's clone."""
        raise NotImplementedError

    @cached_property
    def github(self) -> GitHub:
        """GitHub, by gh, for the repository."""
        raise NotImplementedError

    @cached_property
    def state(self) -> Path:
        """The folder of the incidents: STATE_DIR, or `.rollback` in the clone. Raises BadInput outside a repository."""
        return self.settings.state_dir or self.root / ".rollback"

    @cached_property
    def journal(self) -> Journal:
        """The record of the open incident, or of one that is not begun yet."""
        try:
            journal = Journal.open_in(self.state, self.commands.mask, self.dry)
        except NoRepository:  # what only looks needs no clone
            return Journal()
        for repair in journal.repairs:
            output.status("journal", repair, "look")
        return journal

    @property
    def known(self) -> dict[str, Any]:
        """What the recipes learned so far."""
        return self.journal.known()

    def hold(self, wait: bool = False) -> None:
        """Be the one operator on this machine from now on, for acting, and see what others did. Raises Refused, TookTooLong."""
        if self.commands.operator:
            return
        if self.dry:
            self._end_if_resolved()
            return
        lock = Lock(self.state / "lock")
        try:
            self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not lock.take():
                self._queue(lock, wait)
            if not (
                hiding := self.state / ".gitignore"
            ).exists():  # STATE_DIR may be a folder that has the person's own
                hiding.touch(mode=0o600)
                hiding.write_text("*\n")
        except OSError as error:
            raise write_error(lock.file, error) from error
        self.commands.operator.append(lock.descriptor)
        self.__dict__.pop("journal", None)  # it may have been read before
        self._end_if_resolved()
        if self.journal.file:
            age = self.journal.elapsed()
            old = age >= output.DAY  # what it knows may be of another emergency
            output.status(
                "incident",
                f"{self.journal.id}, begun {output.format_duration(age)} ago, goes on",
                "look" if old else "note",
            )
            if old:
                output.status("incident", "if it is over: invoke timeline.stop", "next")

    def _queue(self, lock: Lock, wait: bool) -> None:
        """Wait for the lock: if asked to, or for the program of an operator that was killed, which cannot be long."""
        orphaned = not lock.alive()
        if not (wait or orphaned):
            raise Refused(
                f"{lock.told()} is at work here",
                "wait for it with --wait; what it does is found done afterwards",
            )
        what = f"what {lock.told()} left running" if orphaned else lock.told()

        def taken() -> bool | Pending:
            return lock.take() or Pending(f"{what} to end")

        limit = self.settings.command_timeout if orphaned else self.settings.wait_timeout
        waiting.poll_until(
            "lock",
            taken,
            interval=min(0.1, self.settings.poll_interval),
            limit=limit,
            advice=f"see `fuser {lock.file}`",
        )

    def begin(self, reason: str = "") -> Journal:
        """Open an incident unless one is open or this is a dry run, and return its record, which begins with the triggers last seen."""
        if not self.journal.file and not self.dry:
            self.journal.events[:0] = sighting.seen(self._seen) if self._seen else []
            self.journal.begin(self.state, reason)
            if self._seen:
                sighting.forget(self._seen)
        return self.journal

    @cached_property
    def _seen(self) -> Path | None:
        """Where the triggers last seen are kept: among git's own files, as a look must make no folder in a clone that has none."""
        try:
            return self.git.own("rollback-triggers.jsonl")
        except NoRepository:
            return None

    def end(self, step: str) -> None:
        """Close the incident; what acts next begins another."""
        self.journal.write(step, "closed", {})
        self.journal = Journal(None, self.commands.mask, self.dry)
        self.__dict__.pop("archives", None)

    def _end_if_resolved(self) -> None:
        """Close the incident if its issue is closed; a GitHub that cannot be asked changes nothing."""
        issue = self.known.get("issue", 0)
        try:
            if not (issue and self.journal.file and self.github.closed(issue)):
                return
        except RecipeError:
            return
        output.status(
            "incident",
            f"{self.journal.id} is over, since its issue #{issue} is closed; what acts now begins another",
            "look",
        )
        self.end("incident")

    @cached_property
    def archives(self) -> Path:
        """The folder that keeps what was packaged; a dry run says how to make it."""
        file = self.begin().file
        if file and not self.dry:
            return file.parent
        folder = (
            file.parent if file else self.state / datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
        )
        quoted = [shlex.quote(str(path)) for path in (folder, self.state / ".gitignore")]
        self.commands.plan.add(
            f"mkdir -p {quoted[0]} && {{ [ -e {quoted[1]} ] || echo '*' > {quoted[1]}; }}"
        )
        return folder

    @contextmanager
    def acting(self, step: str, *, opens: bool = True, **intent: Any) -> Iterator[dict[str, Any]]:
        """Record `intent` before the block acts, and what it put in the dict that it is given as the outcome.

        What is no part of an emergency is recorded if an incident is open, but `opens` none.
        """
        learned: dict[str, Any] = {}
        (self.begin() if opens else self.journal).write(
            step, "started", {**intent, "command": typed_command()}
        )
        try:
            yield learned
        except BaseException as error:
            self.journal.write(step, "failed", {"error": str(error)})
            raise
        self.journal.write(step, "done", learned)

    def found_done(self, step: str, **facts: Any) -> None:
        """Record that there was nothing left to do, and what is known from looking: for who takes over, an incident begins with that."""
        (self.begin() if facts.keys() & GOES_ON else self.journal).write(
            step, "skipped", {**facts, "command": typed_command()}
        )

    def found(self, step: str, passed: bool, **facts: Any) -> None:
        """Record what a check found, if an incident is open: looking opens none, and triggers seen before are kept for one that begins."""
        kind: Kind = "done" if passed else "failed"
        data = {**facts, "command": typed_command()}
        if self.journal.file and not self.dry:
            self.journal.write(step, kind, data)
        elif "triggers" in facts and not self.dry and self._seen:
            sighting.keep(self._seen, Event.now(step, kind, data), self.commands.mask)

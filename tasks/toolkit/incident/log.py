"""The incident log: record each step before it acts, and its facts after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from ..clients.dry_run import Action, Executor
from ..clients.local_files import make_private_folder
from ..console.finding import Finding
from ..console.output import status
from ..core.errors import BadInput
from ..core.invocation import current_step, typed_command
from .event import LEFT_OUT, LONGEST_ERROR, Event, Kind
from .facts import Facts
from .incidents import Owner, open_journal
from .journal import Journal
from .pending_triggers import discard_trigger_results, keep_trigger_results, pending_trigger_results


class Outcome:
    """The facts that a step learned; they become the data of its `done` event."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}

    def learn(self, facts: Facts, forget: Sequence[str] = ()) -> None:
        """Add the known fields of `facts`, and clear the fields named in `forget`."""
        self.data |= {**dict.fromkeys(forget), **facts.as_data()}


class IncidentLog:
    """The journal of the open incident, and where its files are.

    `find_state` returns the folder of the incidents, `find_triggers_file` the file of earlier
    trigger results; both raise BadInput outside a clone. `find_owner`: whose incidents count.
    """

    def __init__(
        self,
        executor: Executor,
        mask: Callable[[str], str],
        find_state: Callable[[], Path],
        find_triggers_file: Callable[[], Path],
        find_owner: Callable[[], Owner] = Owner,
    ) -> None:
        self._executor = executor
        self._mask = mask
        self._find_state = find_state
        self._find_triggers_file = find_triggers_file
        self._find_owner = find_owner
        self.verified: list[Finding] = []  # by `verify`, in this invocation

    @cached_property
    def state(self) -> Path:
        """The folder of the incidents. Raises BadInput outside a clone, Refused if not our own."""
        return self._find_state()

    @cached_property
    def owner(self) -> Owner:
        """The owner of the incidents that count in that folder."""
        return self._find_owner()

    @cached_property
    def journal(self) -> Journal:
        """The journal of the open incident, or of one that is not opened yet."""
        try:
            state = self.state
            journal = open_journal(state, self._mask, self._executor.quietly, self.owner)
        except BadInput:
            if "state" in self.__dict__:  # newer recipes wrote the journal
                raise
            return Journal()  # checks need no clone
        for repair in journal.repairs:
            status(repair, "warning", step="journal")
        return journal

    @property
    def facts(self) -> Facts:
        """The facts so far."""
        return self.journal.facts

    @property
    def is_open(self) -> bool:
        """Whether an incident is open."""
        return self.journal.file is not None

    @property
    def has_planned_changes(self) -> bool:
        """Whether changes were printed instead of made, so that nothing can check them."""
        return self._executor.has_planned

    def reload(self) -> None:
        """Read the journal again: another operator may have written it."""
        self.__dict__.pop("journal", None)

    def begin(self, reason: str = "") -> Journal:
        """Open an incident, with trigger results, unless one is open. Raises ServiceError."""
        if not self.is_open:
            self._executor.quietly(partial(self._open, reason))
        return self.journal

    def _open(self, reason: str) -> None:
        file = self._triggers_file
        if file:
            self.journal.events[:0] = pending_trigger_results(file)
        self.journal.open(self.state, reason, self.owner.repository)
        if file:
            discard_trigger_results(file)

    @cached_property
    def _triggers_file(self) -> Path | None:
        try:
            return self._find_triggers_file()
        except BadInput:
            return None

    def close(self) -> None:
        """Close the incident; the next change opens another."""
        self.journal.write(current_step(), "closed", {})
        self.journal = Journal(None, self._mask, self._executor.quietly)
        self.__dict__.pop("archives", None)

    @cached_property
    def archives(self) -> Path:
        """The folder that keeps what is packaged."""
        file = self.begin().file
        if file:
            return file.parent
        folder = self.state / datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
        make_private_folder(self._executor, folder, self.state / ".gitignore")
        return folder

    @contextmanager
    def recording_step(self, *, opens: bool = True, **intent: Any) -> Iterator[Outcome]:
        """Record `intent` before the block acts, and the yielded outcome after it.

        With `opens=False`, record only if an incident is open.
        """
        journal = self.begin() if opens else self.journal
        journal.write(current_step(), "started", {**intent, "command": typed_command()})
        outcome = Outcome()
        try:
            yield outcome
        except BaseException as error:
            self.record_failed(error)
            raise
        journal.write(current_step(), "done", outcome.data)

    def record_skipped(
        self,
        facts: Facts | None = None,
        forget: Sequence[str] = (),
        **intent: Any,
    ) -> None:
        """Record that `intent` was already done, and the facts that were found.

        It opens an incident if another recipe can resume from the facts.
        """
        outcome = Outcome()
        outcome.learn(facts or Facts(), forget)
        opens = facts is not None and facts.can_be_resumed_from
        journal = self.begin() if opens else self.journal
        data = {**intent, **outcome.data, "command": typed_command()}
        journal.write(current_step(), "skipped", data)

    def record_failed(self, error: BaseException) -> None:
        """Record that what the step did went wrong."""
        self.journal.write(current_step(), "failed", {"error": str(error)[:LONGEST_ERROR]})

    def record_left_out(self, step: str) -> None:
        """Record that a step, and the stage that it belongs to, was left out on purpose."""
        self.journal.write(step, "skipped", {LEFT_OUT: True, "command": typed_command()})

    def record_check(self, passed: bool, **outcomes: Mapping[str, str]) -> None:
        """Record the outcomes of checks or triggers by name, if an incident is open.

        Checks open none; outcomes of triggers are kept for an incident that may begin.
        """
        kind: Kind = "done" if passed else "failed"
        data = {**outcomes, "command": typed_command()}
        if self.is_open:
            self._executor.quietly(partial(self.journal.write, current_step(), kind, data))
        elif "triggers" in outcomes and self._triggers_file:
            event = Event.now(current_step(), kind, data)
            keep = partial(keep_trigger_results, self._triggers_file, event, self._mask)
            self._executor.quietly(keep)

    def announce(self, text: str, mark: str = "done", plan: str = "") -> None:
        """Print the status line of a change that was made.

        A dry run, which made none, adds `plan` to its plan instead, as a comment, if given.
        """
        notes = [f"# {plan}"] if plan else []
        self._executor.perform(Action(notes, partial(status, text, mark)))

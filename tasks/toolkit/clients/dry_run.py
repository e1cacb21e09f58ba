"""Changes that are made, or in a dry run collected as a plan: the one place that knows which."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from ..console.output import format_duration, print_line, print_status, take_notes
from ..console.result import collected_result
from ..core.invocation import current_step
from ..core.shell import quote
from .plan import INCOMPLETE, Plan

__all__ = ["INCOMPLETE", "Action", "Executor", "token_export"]

T = TypeVar("T")


@dataclass(frozen=True)
class Action(Generic[T]):
    """A change: `run` makes it and returns the outcome, `lines` would make it in a shell.

    `kind` is what a plan counts it as, such as `merge`; nothing for what stays on this machine.
    """

    lines: Sequence[str]
    run: Callable[[], T]
    kind: str = ""


def token_export(file: Path) -> str:
    """Return the shell line that exports the token out of a `.env`."""
    assignments = f"grep -E '^(GH|GITHUB)_TOKEN=' {quote(str(file))}"
    value = f"$({assignments} | tail -n 1 | cut -d = -f 2- | tr -d '\\042\\047')"
    return f'export GITHUB_TOKEN="{value}"'


class Executor:
    """Make each change, or collect it in the plan of a dry run, which is printed at its end.

    `has_planned` tells whether changes were planned instead of made: their results cannot be
    checked.
    """

    def __init__(
        self,
        *,
        dry_run: bool,
    ) -> None:
        self.dry_run = dry_run
        self.preamble: list[str] = []
        self.scratch = ""
        self._interval = 5.0
        self._limit = 900.0
        self.has_planned = False
        self._plan = Plan()
        self._abandoned = ""  # an incomplete plan
        self._is_printed = False  # a plan that documents have is not printed
        self._notes: list[tuple[str, str, str]] = []  # status lines before the first change

    @property
    def plan(self) -> str | None:
        """The plan so far, as a block that is closed; None unless this is a dry run."""
        if not self.dry_run:
            return None
        if not self.has_planned:
            return self._abandoned
        return self._plan.text(complete=True)

    @property
    def plans_remote_changes(self) -> bool:
        """Whether the plan changes more than files and settings on this machine."""
        return bool(self._plan.changes)

    def take_notes(self) -> None:
        """Let status lines be notes in the plan, if this is a dry run."""
        take_notes(self._note if self.dry_run else None)

    def perform(self, action: Action[T]) -> T | None:
        """Make a change and return its outcome; in a dry run plan it and return None."""
        self.add(*action.lines)
        if self.dry_run and action.kind:
            self._plan.changes[action.kind] += 1
        return self.quietly(action.run)

    def quietly(self, run: Callable[[], T]) -> T | None:
        """Make a change that no plan shows, such as a line in the journal; none in a dry run."""
        if self.dry_run:
            return None
        return run()

    def add(self, *lines: str) -> None:
        """Add shell lines to the plan, if this is a dry run."""
        if not self.dry_run:
            return
        self._plan.scratch = self.scratch
        self._plan.preamble = self.preamble
        for line in lines:
            self._begin_plan()
            self._plan.add(line, current_step())

    def _begin_plan(self) -> None:
        """Put what was said before the first change into the plan."""
        if not collected_result():
            self._is_printed = True
        self.has_planned = True
        for text, _, step in self._notes:
            self._plan.note(text, step)
        self._notes.clear()

    def _note(
        self,
        text: str,
        mark: str,
        step: str,
    ) -> None:
        """Keep a status line for the plan."""
        if self.has_planned:
            self._plan.note(text, step)
        else:
            self._notes.append((text, mark, step))

    def bound_waits(
        self,
        interval: float,
        limit: float,
    ) -> None:
        """Let a wait in a plan ask every `interval` seconds, for at most `limit` seconds."""
        self._interval = interval
        self._limit = limit

    def bounded(
        self,
        command: str,
        what: str,
    ) -> str:
        """Return the shell lines that repeat a command until it succeeds, or the limit is over."""
        most = max(1, math.ceil(self._limit / self._interval))
        failure = quote(f"waited {format_duration(self._limit)} for {what}; it did not happen")
        lines = [
            "tries=0",
            f"until {command}; do",
            "  tries=$((tries + 1))",
            f"  if [ $tries -ge {most} ]; then",
            f"    echo {failure} >&2",
            "    exit 1",
            "  fi",
            f"  sleep {self._interval:g}",
            "done",
        ]
        return "\n".join(lines)

    def finish(
        self,
        *,
        complete: bool,
    ) -> None:
        """Print the plan, and end it; without changes, print what there was to say on stderr."""
        notes, self._notes = self._notes, []
        for note in notes:
            print_status(*note)
        if self.has_planned:
            text = self._plan.text(complete=complete)
            if not complete:
                self._abandoned = text
            if self._is_printed:
                print_line(text)
        self._plan = Plan()
        self.has_planned = False

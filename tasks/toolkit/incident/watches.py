"""What goes on in the background while a command does more, and is reported before it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from ..console.output import status
from ..core.errors import RecipeError
from ..core.invocation import tasks_follow


class Watch(Protocol):
    """One that was begun."""

    def finish(self) -> None:
        """Wait for the end. Raises RecipeError."""


class Watches:
    """Those of one command."""

    def __init__(self) -> None:
        self._begun: list[Watch] = []
        self._steps = 0  # that run now, one inside another

    def add(self, watch: Watch) -> None:
        """Let the command end no earlier than this."""
        self._begun.append(watch)

    def finish(self) -> None:
        """Wait for the end of all. Raises the first RecipeError; the others are printed."""
        failure: RecipeError | None = None
        while self._begun:
            try:
                self._begun.pop(0).finish()
            except RecipeError as error:
                if failure:
                    status(error.what, "failed", advice=error.advice)
                failure = failure or error
        if failure:
            raise failure

    def report(self, mark: str = "failed") -> int:
        """Wait for the end of all, and print what failed; return its exit code, or 0."""
        try:
            self.finish()
        except RecipeError as error:
            status(error.what, mark, advice=error.advice)
            return error.code
        return 0

    @contextmanager
    def finishing(self, step: str) -> Iterator[None]:
        """Finish all after the block if that is the last step of the command, or ends it early.

        Raises RecipeError.
        """
        self._steps += 1
        try:
            yield
        except Exception:
            if self._steps == 1:
                self.report("warning")  # the line that says why is that of the step
            raise
        else:
            if self._steps == 1 and not tasks_follow(step):
                self.finish()
        finally:
            self._steps -= 1

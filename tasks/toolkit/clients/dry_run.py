"""Changes that are made, or in a dry run printed: the one place that knows which.

The plan on stdout is one block of shell that can be pasted. It stops at the first command that
fails.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from ..console.output import print_line
from ..console.result import collected_result
from ..core.printable import one_line
from ..core.shell import quote

T = TypeVar("T")
INCOMPLETE = "# aborted: incomplete plan, do not run"


@dataclass(frozen=True)
class Action(Generic[T]):
    """A change: `run` makes it and returns the outcome, `lines` would make it in a shell."""

    lines: Sequence[str]
    run: Callable[[], T]


def token_export(file: Path) -> str:
    """Return the shell line that exports the token out of a `.env`."""
    assignments = f"grep -E '^(GH|GITHUB)_TOKEN=' {quote(str(file))}"
    value = f"$({assignments} | tail -n 1 | cut -d = -f 2- | tr -d '\\042\\047')"
    return f'export GITHUB_TOKEN="{value}"'


def _one_comment(line: str) -> str:
    """Return a line of a plan; a comment ends with its line, whatever names it holds."""
    if line.startswith("#"):
        return one_line(line)
    return line


class Executor:
    """Make each change, or print it in a dry run.

    `preamble` goes before the first line. The folder `scratch` is deleted at the end if a line
    uses it. `has_planned` tells whether changes were printed instead of made: their results cannot
    be checked.
    """

    def __init__(self, *, dry_run: bool) -> None:
        self.dry_run = dry_run
        self.preamble: list[str] = []
        self.scratch = ""
        self.has_planned = False
        self._deletes_scratch = False
        self._lines: list[str] = []
        self._is_printed = False  # a plan that documents have is not printed

    @property
    def plan(self) -> str | None:
        """The plan so far, as a block that is closed; None unless this is a dry run."""
        if not self.dry_run:
            return None
        end = [")"] if self.has_planned else []
        return "\n".join([*self._lines, *end])

    def _print(self, line: str) -> None:
        """Print a line of the plan, or with --json keep it for the document."""
        self._lines.append(line)
        if not collected_result():
            print_line(line)
            self._is_printed = True

    def perform(self, action: Action[T]) -> T | None:
        """Make a change and return its outcome; in a dry run print it and return None."""
        self.add(*action.lines)
        return self.quietly(action.run)

    def quietly(self, run: Callable[[], T]) -> T | None:
        """Make a change that no plan shows, such as a line in the journal; none in a dry run."""
        if self.dry_run:
            return None
        return run()

    def add(self, *lines: str) -> None:
        """Print shell lines of the plan, if this is a dry run."""
        if not self.dry_run:
            return
        for line in map(_one_comment, lines):
            if not self.has_planned:
                self._print("\n".join(["(set -e", *self.preamble]))
                self.has_planned = True
            if self.scratch and self.scratch in line:
                self._delete_scratch_at_end()
            self._print(line)

    def _delete_scratch_at_end(self) -> None:
        if not self._deletes_scratch:
            remove = f"rm -rf {quote(self.scratch)}"
            self._print(f"trap {quote(remove)} EXIT")
            self._deletes_scratch = True

    def finish(self, *, complete: bool) -> None:
        """End the plan; an incomplete one is left open, so that a shell runs nothing of it."""
        if self.has_planned and (self._is_printed or not complete):
            self._print(")" if complete else INCOMPLETE)
        self.has_planned = False
        self._deletes_scratch = False

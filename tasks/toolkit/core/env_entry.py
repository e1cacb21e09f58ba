"""The lines of a new `.env`: what was found out about a repository, and from where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .printable import one_line
from .settings import VARIABLES
from .shell_lines import fold_comment

PLAIN_VALUE = r"[\w./:@,{}*+%=-]+"


@dataclass(frozen=True)
class Entry:
    """A setting that was found: its `value`, and the `source` in words.

    One that is `derived` without a line in `.env` is left there as a comment. Without a value it
    could not be determined: `source` says why, and `candidates` are values that it may have. A
    `warning` says what is wrong with it, in the repository itself.
    """

    name: str
    value: str
    source: str
    derived: bool = False
    candidates: Sequence[str] = ()
    warning: str = ""

    @property
    def is_written(self) -> bool:
        """Whether `.env` gets the setting, not just a comment."""
        return bool(self.value) and not self.derived

    @property
    def line(self) -> str:
        """The line of `.env` that gives the value."""
        return f"{self.name}={env_value(self.value)}"

    def lines(self) -> list[str]:
        """Return the lines of `.env` for it, without what would end a line or steer a terminal."""
        if self.is_written:
            return [fold_comment(one_line(self.source)), self.line]
        if self.value:
            source = fold_comment(f"Derived: {one_line(self.source)}")
            return [source, f"# {self.line}"]
        reason = one_line(self.source)
        lines = [fold_comment(f"{self.name} could not be determined: {reason}")]
        for candidate in self.candidates:
            lines.append(f"# {self.name}={one_line(candidate)}")
        return lines


def env_value(text: str) -> str:
    """Return a value as `.env` has it: in single quotes if it is no plain word."""
    if re.fullmatch(PLAIN_VALUE, text):
        return text
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def is_valid(name: str, value: str) -> bool:
    """Return whether a setting takes a value."""
    return re.fullmatch(VARIABLES[name].pattern, value) is not None

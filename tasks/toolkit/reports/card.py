"""A recovery on one card: what users get, its revert, and what is left to be done."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from ..core.invocation import as_invoked
from ..core.shell_lines import fold_script

LABEL_WIDTH = 11


@dataclass(frozen=True)
class UsersGet:
    """What users get of a chart, and the line that they type; `digest` is empty if not known."""

    version: str
    reference: str
    digest: str
    install: str
    chart: str = ""


@dataclass(frozen=True)
class Card:
    """A recovery: what users get of each chart, its revert, and what is `left` to be done.

    `left` has what did not pass, in words, with the line to type. `run_url` is that of the run that
    published, if any did. `pull` is the number of the revert, 0 if it was pushed without one.
    """

    charts: tuple[UsersGet, ...]
    pull: int
    pull_url: str
    merged_as: str
    left: tuple[tuple[str, str], ...]
    next: str

    @property
    def is_recovered(self) -> bool:
        """Whether every check passed."""
        return not self.left

    def lines(self, width: int) -> list[str]:
        """Return the card, as people read it: a label and a value a line, if `width` allows."""
        rows_of = partial(_rows, width)
        lines = ["Recovered" if self.is_recovered else "Not recovered yet"]
        for one in self.charts:
            lines += rows_of("chart", one.chart)
            lines += rows_of("version", one.version)
            lines += rows_of("reference", one.reference)
            lines += rows_of("digest", one.digest)
            lines += rows_of("install", one.install)
        revert = ""
        if self.pull:
            revert = f"#{self.pull} {self.pull_url}"
        lines += rows_of("revert", revert)
        lines += rows_of("merged as", self.merged_as)
        for what, command in self.left:
            lines += rows_of("left", what)
            for line in command.split("\n"):
                lines += rows_of("", as_invoked(line))
        return lines


def _rows(width: int, label: str, value: str) -> list[str]:
    if not value:
        return []
    row = f"  {label:<{LABEL_WIDTH}}{value}"
    if len(row) <= width:
        return [row]
    return [f"  {label}", *fold_script(f"    {value}", width - 1).split("\n")]

"""A recovery on one card: what users get, its revert, and what is left to be done."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.invocation import as_invoked
from ..core.shell_lines import WIDTH, fold_script

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

    @property
    def lines(self) -> list[str]:
        """The card, as people read it: a label and a value a line."""
        lines = ["Recovered" if self.is_recovered else "Not recovered yet"]
        for one in self.charts:
            lines += _rows("chart", one.chart)
            lines += _rows("version", one.version)
            lines += _rows("reference", one.reference)
            lines += _rows("digest", one.digest)
            lines += _rows("install", one.install)
        revert = ""
        if self.pull:
            revert = f"#{self.pull} {self.pull_url}"
        lines += _rows("revert", revert)
        lines += _rows("merged as", self.merged_as)
        for what, command in self.left:
            lines += _rows("left", what)
            for line in command.split("\n"):
                lines += _rows("", as_invoked(line))
        return lines


def _rows(label: str, value: str) -> list[str]:
    if not value:
        return []
    row = f"  {label:<{LABEL_WIDTH}}{value}"
    if len(row) <= WIDTH:
        return [row]
    return [f"  {label}", *fold_script(f"    {value}").split("\n")]

"""A recovery on one card: what users get, its revert, and what is left to be done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..console.commands import commands_in
from ..console.layout import GAP, wrap
from ..console.output import COMMAND_STYLE
from ..console.styled import Text
from ..core.invocation import as_invoked
from ..core.shell_lines import fold_script

LABEL_WIDTH = 11
INDENT = 2 * GAP


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

    `left` has what did not pass, in words, with the line to type. `can_install` tells whether users
    are served, as far as was checked. `pull` is the number of the revert, 0 if it was pushed
    without one.
    """

    charts: tuple[UsersGet, ...]
    pull: int
    pull_url: str
    merged_as: str
    left: tuple[tuple[str, str], ...]
    can_install: bool = False

    @property
    def is_recovered(self) -> bool:
        """Whether every check passed."""
        return not self.left

    @property
    def title(self) -> str:
        """What the recovery came to, in words."""
        if self.is_recovered:
            return "Recovered"
        return "Users can install again" if self.can_install else "Not recovered yet"

    def text(self, width: int) -> Text:
        """Return the card, as people read it: a label and a value a line, if `width` allows."""
        text = Text("\n")
        text.append(self.title, "bold")
        for label, value in self.rows():
            style = "" if label else COMMAND_STYLE
            text.append("\n")
            text.append(_row(width, label, value), style)
        return text

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield each label with its value, which is not empty; what is to be typed has no label."""
        rows = []
        for one in self.charts:
            rows.append(("chart", one.chart))
            rows.append(("version", one.version))
            rows.append(("reference", one.reference))
            rows.append(("digest", one.digest))
            rows.append(("install", one.install))
        if self.pull:
            rows.append(("revert", f"#{self.pull} {self.pull_url}"))
        rows.append(("merged as", self.merged_as))
        for what, advice in self.left:
            rows.append(("left", what))
            for line in advice.split("\n"):
                rows.append(("", as_invoked(line)))
        for label, value in rows:
            if value:
                yield label, value


def _row(width: int, label: str, value: str) -> str:
    """Return a row; a value that does not fit beside its label is below it."""
    row = f"{GAP}{label:<{LABEL_WIDTH}}{value}"
    if len(row) <= width:
        return row
    room = width - len(INDENT)
    below = f"\n{INDENT}"
    if commands_in(value):
        folded = fold_script(value, room - 1)
        shown = re.sub(r"\n(?= )", below, folded)  # but not within a word
    else:
        shown = below.join(wrap(value, room))
    if not label:
        return f"{INDENT}{shown}"
    return f"{GAP}{label}{below}{shown}"

"""The two consoles, and everything that draws: results go to stdout, progress goes to stderr.

So `invoke verify.all --json | jq` and `invoke --dry ... > plan.sh` read well, whatever else was told on the way.
"""

from __future__ import annotations

import json
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from rich.status import Status

# Redirected, rich would assume 80 columns and break every reference in two.
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)
err = Console(highlight=False, soft_wrap=True, stderr=True)

MARKS = {"done": ("✓", "green"), "note": ("·", "dim"), "look": ("!", "yellow"), "failed": ("✗", "red bold"), "next": ("→", "cyan")}
COLOURS = {"passed": "green", "failed": "red bold", "unverified": "yellow"}
STEP_WIDTH = 17


def say(step: str, text: str, mark: str = "note") -> None:
    """Tell on stderr what `step` found, did (`done`), wants looked at (`look`), failed at, or advises (`next`)."""
    sign, colour = MARKS[mark]
    if err.is_terminal and mark != "next":  # what is to be typed stays in one piece
        indent = " " * (STEP_WIDTH + 3)
        text = textwrap.fill(indent + text, err.width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False).lstrip()
    err.print(Text.assemble((f"{step:<{STEP_WIDTH}} ", "bold"), (f"{sign} ", colour), (text, "" if mark != "failed" else "red")))


def command(line: str) -> None:
    """Print on stdout, to the letter, a command that a dry run does not run."""
    out.file.write(line + "\n")
    out.file.flush()


def as_json(value: Any) -> None:
    """Print `value` on stdout as JSON."""
    command(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on stdout; a cell that is an outcome (`passed`, `failed`, `unverified`) is coloured."""
    from rich.table import Table  # 30 ms that only a table needs  # noqa: PLC0415

    drawn = Table(title=title, title_justify="left", title_style="bold", show_lines=any("\n" in cell for row in rows for cell in row))
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in row))
    out.print(drawn, soft_wrap=False)


def clock(seconds: float) -> str:
    """Return a duration as people read it: `3.1 s`, `2:05 min`, `1:02:05 h`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{rest:02} h"


class Waiting:
    """What is being waited for, redrawn as it changes; on a terminal with a spinner and the time."""

    def __init__(self, step: str, limit: float, status: Status | None) -> None:
        self.step, self.limit, self.status, self.last, self.begun = step, limit, status, "", time.monotonic()

    def tell(self, what: str) -> None:
        """Show `what` is waited for; without a terminal a line is written only when it changes."""
        if self.status:
            elapsed = f"{clock(time.monotonic() - self.begun)} of {clock(self.limit)}"
            self.status.update(Text(f"{self.step:<{STEP_WIDTH}} waiting for {what} ({elapsed})"))
        elif what != self.last:
            say(self.step, f"waiting for {what}, at most {clock(self.limit)}")
        self.last = what


@contextmanager
def waiting(step: str, limit: float) -> Iterator[Waiting]:
    """Show a wait of at most `limit` seconds on stderr while the block lasts."""
    if not sys.stderr.isatty():
        yield Waiting(step, limit, None)
        return
    with err.status("") as status:
        yield Waiting(step, limit, status)

"""The two consoles, and everything that draws: results go to stdout, progress goes to stderr.

So `invoke verify.all --json | jq` and `invoke --dry ... > plan.sh` read well, whatever else was told on the way.
"""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from ..core.invocation import as_invoked

if TYPE_CHECKING:
    from rich.status import Status
    from rich.table import Table


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the one place that catches: rich would end with 1, which says that a check failed."""
        raise BrokenPipeError


# Redirected, rich would assume 80 columns and break every reference in two.
out = _Console(
    highlight=False, soft_wrap=True, width=None if sys.stdout and sys.stdout.isatty() else 160
)
err = _Console(highlight=False, soft_wrap=True, stderr=True)

MARKS = {
    "done": ("✓", "green"),
    "note": ("·", "dim"),
    "look": ("!", "yellow"),
    "failed": ("✗", "red bold"),
    "next": ("→", "cyan"),
}
COLOURS = {
    "passed": "green",
    "failed": "red bold",
    "unverified": "yellow",
    "clear": "green",
    "fired": "red bold",
    "unknown": "yellow",
}
STEP_WIDTH = 19
DAY = 86_400  # seconds


def status(step: str, text: str, mark: str = "note") -> None:
    """Tell on stderr what `step` found, did (`done`), wants looked at (`look`), failed at, or advises (`next`)."""
    (sign, colour), text = MARKS[mark], as_invoked(text)
    if err.is_terminal and mark != "next":  # what is to be typed stays in one piece
        indent = " " * (STEP_WIDTH + 3)
        text = textwrap.fill(
            indent + text,
            err.width,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        ).lstrip()
    err.print(
        Text.assemble(
            (f"{step:<{STEP_WIDTH}} ", "bold"),
            (f"{sign} ", colour),
            (text, "" if mark != "failed" else "red"),
        )
    )


def echo_command(line: str) -> None:
    """Show on stderr, to the letter, a command that is run."""
    err.print(Text(line, "dim"))


def print_line(line: str) -> None:
    """Print on stdout, to the letter, a command that a dry run does not run."""
    with _alone():
        out.file.write(line + "\n")
        out.file.flush()


def discard_closed_streams() -> bool:
    """Drop what stdout or stderr takes no more, and tell whether there was any: Python would try again at its end.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    dropped = False
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            dropped = True
    return dropped


def print_json(value: Any) -> None:
    """Print `value` on stdout as JSON."""
    print_line(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on stdout; a cell that is an outcome (`passed`, `failed`, `unverified`) is coloured."""
    with _alone():
        out.print(_drawn_table(title, columns, rows), soft_wrap=False)


def _drawn_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    from rich.table import Table  # 30 ms that only a table needs  # noqa: PLC0415

    drawn = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        show_lines=any("\n" in cell for row in rows for cell in row),
    )
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in row))
    return drawn


def format_duration(seconds: float) -> str:
    """Return a duration as people read it: `3.1 s`, `2:05 min`, `1:02:05 h`, `3 d 4 h`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds >= DAY:
        return f"{round(seconds / 3600) // 24} d {round(seconds / 3600) % 24} h"
    minutes, rest = divmod(round(seconds), 60)
    return (
        f"{minutes}:{rest:02} min"
        if minutes < 60
        else f"{minutes // 60}:{minutes % 60:02}:{rest:02} h"
    )


_drawn: list[Status] = []


@contextmanager
def _alone() -> Iterator[None]:
    """Take what is redrawn on stderr off the terminal, which stdout has for the block's while."""
    for status in reversed(_drawn):
        status.stop()
    try:
        yield
    finally:
        for status in _drawn:
            status.start()

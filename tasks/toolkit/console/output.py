"""The two consoles, and everything that draws: results go to stdout, progress goes to stderr.

So `invoke verify.all --json | jq` and `invoke --dry ... > plan.sh` read well, whatever else was told on the way.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

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
INVOKED_AS = shlex.quote(os.environ.get("INVOKED_AS") or "invoke")  # `inv` says how it was called


def typed(text: str) -> str:
    """Return a text that names recipes to type, with what was typed this time in place of `invoke`."""
    return re.sub(r"\binvoke (?=(--dry )?[a-z])", lambda _: f"{INVOKED_AS} ", text)


def say(step: str, text: str, mark: str = "note") -> None:
    """Tell on stderr what `step` found, did (`done`), wants looked at (`look`), failed at, or advises (`next`)."""
    (sign, colour), text = MARKS[mark], typed(text)
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


def echo(line: str) -> None:
    """Show on stderr, to the letter, a command that is run."""
    err.print(Text(line, "dim"))


def command(line: str) -> None:
    """Print on stdout, to the letter, a command that a dry run does not run."""
    with _alone():
        out.file.write(line + "\n")
        out.file.flush()


def let_go() -> bool:
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


def as_json(value: Any) -> None:
    """Print `value` on stdout as JSON."""
    command(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
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


@contextmanager
def redrawn() -> Iterator[Callable[[str, str, Sequence[str], Sequence[Sequence[str]]], None]]:
    """Give what draws a table (title, time, columns, rows) on stdout in place of the one before; without a terminal, when it is another."""
    if not out.is_terminal:
        shown: list[Any] = []

        def told(
            title: str, at: str, columns: Sequence[str], rows: Sequence[Sequence[str]]
        ) -> None:
            if shown[-1:] != [rows]:
                shown.append(rows)
                table(f"{title}, {at}", columns, rows)

        yield told
        return
    from rich.live import Live  # noqa: PLC0415

    with Live(console=out, auto_refresh=False) as live:
        yield lambda title, at, columns, rows: live.update(
            _drawn_table(f"{title}, {at}", columns, rows), refresh=True
        )


def bars(title: str, spans: Sequence[tuple[str, float, float]], total: float) -> None:
    """Print on stdout what began and ended when (name, seconds, seconds) as bars over `total` seconds."""
    from rich.bar import Bar  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    drawn = Table(
        title=title, title_justify="left", title_style="bold", box=None, header_style="dim"
    )
    for column in ("step", "took", f"0 to {clock(total)}"):
        drawn.add_column(column)
    for name, start, end in spans:
        drawn.add_row(
            name, clock(end - start), Bar(total, start, max(end, start + total / 100), width=50)
        )
    out.print(drawn, soft_wrap=False)


def clock(seconds: float) -> str:
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


class Working:
    """What is being done, or waited for, for how long, and what `left` tells of the time there is: redrawn at each tick of a spinner."""

    def __init__(self, step: str, limit: float, left: Callable[[], str]) -> None:
        self.step, self.limit, self.left, self.what, self.begun = (
            step,
            limit,
            left,
            "",
            time.monotonic(),
        )

    def tell(self, what: str) -> None:
        """Show `what` is waited for; without a terminal a line is written when it changes."""
        if what != self.what and not err.is_terminal:
            say(self.step, f"waiting for {what}, at most {clock(self.limit)}")
        self.what = what

    def __rich__(self) -> Text:
        limit = f" of {clock(self.limit)}" if self.limit else ""
        told = [f"waiting for {self.what}"] * bool(self.what) + [
            f"{clock(time.monotonic() - self.begun)}{limit}",
            self.left(),
        ]
        return Text.assemble(
            (f"{self.step:<{STEP_WIDTH}} ", "bold"), " · ".join(filter(None, told))
        )


_stages: list[Callable[[], str]] = []
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


@contextmanager
def working(
    step: str, limit: float = 0, left: Callable[[], str] | None = None
) -> Iterator[Working]:
    """Show on stderr, while the block lasts, that `step` goes on, for at most `limit` seconds if there is one.

    `left` tells of the time that is left for the stage that the step belongs to, as do the steps within it.
    """
    _stages.append(left or (_stages[-1] if _stages else str))
    shown = Working(step, limit, _stages[-1])
    if err.is_terminal:
        _drawn.append(err.status(shown))
        _drawn[-1].start()
    try:
        yield shown
    finally:
        _stages.pop()
        if err.is_terminal:
            _drawn.pop().stop()

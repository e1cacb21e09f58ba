"""The two consoles: results go to stdout, status lines go to stderr.

So `invoke verify.all --json | jq` and `invoke --dry ... > plan.sh` read nothing but the result.
"""

from __future__ import annotations

import io
import os
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from ..core.invocation import as_invoked, current_step
from ..core.printable import harmless, one_line
from .result import collected_result
from .streams import prepare_streams, write_unchanged

if TYPE_CHECKING:
    from rich.status import Status
    from rich.table import Table

PIPE_WIDTH = 160  # rich assumes 80 columns for a pipe and breaks references in two
MARKS = {
    "done": ("✓", "green"),
    "note": ("·", "dim"),
    "warning": ("!", "yellow"),
    "failed": ("✗", "red bold"),
    "next": ("→", "cyan"),
}
COLOURS = {
    "passed": "green",
    "failed": "red bold",
    "unverified": "yellow",
    "stale": "yellow",
    "clear": "green",
    "fired": "red bold",
    "unknown": "yellow",
}
STEP_WIDTH = 19
MINUTE = 60  # seconds
HOUR = 60 * MINUTE
DAY = 24 * HOUR

if isinstance(sys.stdout, io.TextIOWrapper):  # it may be ASCII only; stderr does this by itself
    sys.stdout.reconfigure(errors="backslashreplace")


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Raise, where rich would exit with 1, which means that a check failed."""
        raise BrokenPipeError


def _is_terminal(stream: Any) -> bool:
    return bool(stream and stream.isatty())


prepare_streams()
out = _Console(
    highlight=False,
    soft_wrap=True,
    width=None if _is_terminal(sys.stdout) else PIPE_WIDTH,
)
err = _Console(highlight=False, soft_wrap=True, stderr=True)
redrawn: list[Status] = []  # what is on the terminal now and draws itself again


@contextmanager
def _redrawing_paused() -> Iterator[None]:
    """Take what is redrawn off the terminal while the block writes to stdout."""
    for status_line in reversed(redrawn):
        status_line.stop()
    try:
        yield
    finally:
        for status_line in redrawn:
            status_line.start()


def status(text: str, mark: str = "note", step: str = "") -> None:
    """Print a status line on stderr under the current step, or under `step`.

    `mark` is done, note, warning, failed, or next (a command to type).
    """
    sign, colour = MARKS[mark]
    text = as_invoked(one_line(text))
    step = step or current_step()
    result = collected_result()
    if result:
        result.add_message(step, mark, text)
    if err.is_terminal and mark != "next":  # what is to be typed stays in one piece
        text = _wrapped(text, err.width)
    name = f"{step:<{STEP_WIDTH}} "
    text_colour = "red" if mark == "failed" else ""
    err.print(Text.assemble((name, "bold"), (f"{sign} ", colour), (text, text_colour)))


def _wrapped(text: str, width: int) -> str:
    indent = " " * (STEP_WIDTH + 3)
    lines = textwrap.fill(
        indent + text,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines.lstrip()


def echo_command(line: str) -> None:
    """Print a command that is run on stderr."""
    err.print(Text(harmless(line), "dim"))


def print_line(line: str) -> None:
    """Print a line, or several, on stdout, unwrapped; with --json it is a field of the result."""
    result = collected_result()
    if result:
        result.output.append(line)
        return
    with _redrawing_paused():
        write_unchanged(out.file, harmless(line) + "\n")


def discard_closed_streams() -> bool:
    """Redirect stdout and stderr to nowhere if their pipe is closed; return whether one was.

    Python would try to write again at its end:
    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    discarded = False
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            discarded = True
    return discarded


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on stdout; a cell that is an outcome, such as `passed`, is coloured.

    With --json print none: the result has what is in it.
    """
    if collected_result():
        return
    table = make_table(title, columns, rows)
    with _redrawing_paused():
        out.print(table, soft_wrap=False)


def make_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Return the table that `print_table` prints."""
    from rich.table import Table  # 30 ms that only a table needs  # noqa: PLC0415

    has_long_cells = any("\n" in cell for row in rows for cell in row)
    table = Table(
        title=Text(one_line(title)),
        title_justify="left",
        title_style="bold",
        show_lines=has_long_cells,
    )
    for column in columns:
        table.add_column(Text(one_line(column)), overflow="fold")
    for row in rows:
        cells = [Text(harmless(cell), COLOURS.get(cell, "")) for cell in row]
        table.add_row(*cells)
    return table


def format_duration(seconds: float) -> str:
    """Return a duration as people read it: `3.1 s`, `2:05 min`, `1:02:05 h`, `3 d 4 h`."""
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    if seconds >= DAY:
        days, hours = divmod(round(seconds / HOUR), 24)
        return f"{days} d {hours} h"
    minutes, rest = divmod(round(seconds), MINUTE)
    if minutes < 60:
        return f"{minutes}:{rest:02} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} h"

"""Redraw a line or findings while something runs; draw bars of what ran."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..core.invocation import current_step
from ..core.printable import one_line
from .layout import GAP
from .output import format_duration, print_text
from .result import collected_result
from .status_lines import STEP_WIDTH, print_status
from .styled import Text
from .terminal import (
    can_redraw,
    err,
    out,
    printable_mark,
    redrawn,
    screen,
    temporary_line,
    width_of,
)

if TYPE_CHECKING:
    from rich.text import Text as RichText

Rows = Sequence[Sequence[str]]
Draw = Callable[[Text, Rows], None]  # what is shown, and the rows that it shows
REPEAT = 10.0  # seconds between two lines about one wait, where nothing is redrawn
BAR = 50  # columns


class Progress:
    """The status line of the current step: what it waits for, for how long, and the budget left.

    `limit` is in seconds, 0 for none; `budget_left` returns the words for the budget.
    """

    def __init__(
        self,
        limit: float,
        budget_left: Callable[[], str],
    ) -> None:
        self._step = current_step()
        self._limit = limit
        self._budget_left = budget_left
        self._waits_for = ""
        self._started = time.monotonic()
        self._printed = self._started

    def wait_for(self, what: str) -> None:
        """Show what is waited for; where nothing is redrawn, print a line each REPEAT seconds."""
        now = time.monotonic()
        is_new = what != self._waits_for
        self._waits_for = what
        if can_redraw(err) or not (is_new or now - self._printed >= REPEAT):
            return
        self._printed = now
        line = f"waiting for {what}, at most {format_duration(self._limit)}"
        if not is_new:
            line += f"; {format_duration(now - self._started)} so far"
        print_status(line, "note", self._step)

    def __rich__(self) -> RichText:
        from .redrawn import as_rich  # noqa: PLC0415 - it takes long

        return as_rich(self.text())

    def text(self) -> Text:
        """Return the line."""
        parts = []
        if self._waits_for:
            parts.append(f"waiting for {one_line(self._waits_for)}")
        elapsed = format_duration(time.monotonic() - self._started)
        if self._limit:
            elapsed += f" of {format_duration(self._limit)}"
        parts.append(elapsed)
        if budget := self._budget_left():
            parts.append(budget)
        return Text.assemble((f"{self._step:<{STEP_WIDTH}} ", "bold"), " · ".join(parts))


_budgets: list[Callable[[], str]] = [str]  # the innermost last; `str` says nothing


@contextmanager
def show_progress(
    limit: float = 0, budget_left: Callable[[], str] | None = None
) -> Iterator[Progress]:
    """Show on stderr that the current step runs, for at most `limit` seconds if that is given.

    `budget_left` returns the words for the time left; the steps within the block show it too.
    """
    _budgets.append(budget_left or _budgets[-1])
    progress = Progress(limit, _budgets[-1])
    is_redrawn = can_redraw(err)
    if is_redrawn:
        with screen:
            temporary_line.erase()
            redrawn.append(err.redrawing().status(progress))
            redrawn[-1].start()
    try:
        yield progress
    finally:
        _budgets.pop()
        if is_redrawn:
            with screen:
                redrawn.pop().stop()


@contextmanager
def live_text() -> Iterator[Draw]:
    """Yield a function that redraws text; where nothing is redrawn, it prints it for new rows."""
    if collected_result() or not can_redraw(out):
        yield _print_changes()
        return
    from rich.live import Live  # noqa: PLC0415 - it takes long

    from .redrawn import as_rich  # noqa: PLC0415

    with Live(console=out.redrawing(), auto_refresh=False) as live:

        def redraw(text: Text, rows: Rows) -> None:  # noqa: ARG001
            with screen:
                temporary_line.erase()
                live.update(as_rich(text), refresh=True)

        yield redraw


def _print_changes() -> Draw:
    last: list[Rows] = []

    def draw(text: Text, rows: Rows) -> None:
        if last != [rows]:
            last[:] = [rows]
            print_text(text)

    return draw


def print_bars(
    title: str,
    spans: Sequence[tuple[str, float, float]],
    total: float,
) -> None:
    """Print spans (name, start, end; in seconds) as bars over `total` seconds."""
    names = [one_line(name) for name, _, _ in spans]
    durations = [format_duration(end - start) for _, start, end in spans]
    name_width = max(map(len, ["step", *names]))
    duration_width = max(map(len, ["took", *durations]))
    size = min(BAR, width_of(out) - name_width - duration_width - 2 * len(GAP))
    block = printable_mark("█", out)
    head = f"{'step':<{name_width}}{GAP}{'took':<{duration_width}}{GAP}"
    text = Text.assemble((one_line(title), "bold"), "\n")
    text.append(f"{head}0 to {format_duration(total)}", "dim")
    for name, duration, (_, start, end) in zip(names, durations, spans, strict=True):
        text.append(f"\n{name:<{name_width}}{GAP}{duration:<{duration_width}}{GAP}")
        before = min(round(start / total * size), size - 1)
        length = max(1, round(end / total * size) - before)
        text.append(" " * before + block * length, "green")
    print_text(text)

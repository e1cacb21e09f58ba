"""Redraw a spinner or a table while something runs; draw bars of what ran."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.text import Text

from ..core.invocation import current_step
from ..core.printable import one_line
from .output import STEP_WIDTH, err, format_duration, make_table, out, print_table, redrawn, status
from .result import collected_result

Rows = Sequence[Sequence[str]]
DrawTable = Callable[[str, Sequence[str], Rows], None]  # with a title, columns and rows


class Progress:
    """The status line of the current step: what it waits for, for how long, and the budget left.

    `limit` is in seconds, 0 for none; `budget_left` returns the words for the budget.
    """

    def __init__(self, limit: float, budget_left: Callable[[], str]) -> None:
        self._step = current_step()
        self._limit = limit
        self._budget_left = budget_left
        self._waits_for = ""
        self._started = time.monotonic()

    def wait_for(self, what: str) -> None:
        """Show what is waited for; without a terminal print a line when that changes."""
        if what != self._waits_for and not err.is_terminal:
            status(f"waiting for {what}, at most {format_duration(self._limit)}")
        self._waits_for = what

    def __rich__(self) -> Text:
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
    if err.is_terminal:
        redrawn.append(err.status(progress))
        redrawn[-1].start()
    try:
        yield progress
    finally:
        _budgets.pop()
        if err.is_terminal:
            redrawn.pop().stop()


@contextmanager
def live_table() -> Iterator[DrawTable]:
    """Yield a function that redraws a table; without a terminal it prints changed tables."""
    if collected_result() or not out.is_terminal:
        yield _print_changes()
        return
    from rich.live import Live  # noqa: PLC0415

    with Live(console=out, auto_refresh=False) as live:

        def redraw(title: str, columns: Sequence[str], rows: Rows) -> None:
            table = make_table(title, columns, rows)
            live.update(table, refresh=True)

        yield redraw


def _print_changes() -> DrawTable:
    last: list[Rows] = []

    def draw(title: str, columns: Sequence[str], rows: Rows) -> None:
        if last != [rows]:
            last[:] = [rows]
            print_table(title, columns, rows)

    return draw


def print_bars(title: str, spans: Sequence[tuple[str, float, float]], total: float) -> None:
    """Print spans (name, start, end; in seconds) as bars over `total` seconds; not with --json."""
    if collected_result():
        return
    from rich.bar import Bar  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(
        title=Text(one_line(title)),
        title_justify="left",
        title_style="bold",
        box=None,
        header_style="dim",
    )
    for column in ("step", "took", f"0 to {format_duration(total)}"):
        table.add_column(column)
    for name, start, end in spans:
        visible_end = max(end, start + total / 100)
        bar = Bar(total, start, visible_end, width=50)
        table.add_row(Text(one_line(name)), format_duration(end - start), bar)
    out.print(table, soft_wrap=False)

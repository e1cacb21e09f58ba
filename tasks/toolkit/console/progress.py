"""What is redrawn while something goes on: a spinner with the time, a live table, bars."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.text import Text

from .output import STEP_WIDTH, _drawn, _drawn_table, err, format_duration, out, print_table, status


class Progress:
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
            status(self.step, f"waiting for {what}, at most {format_duration(self.limit)}")
        self.what = what

    def __rich__(self) -> Text:
        limit = f" of {format_duration(self.limit)}" if self.limit else ""
        told = [f"waiting for {self.what}"] * bool(self.what) + [
            f"{format_duration(time.monotonic() - self.begun)}{limit}",
            self.left(),
        ]
        return Text.assemble(
            (f"{self.step:<{STEP_WIDTH}} ", "bold"), " · ".join(filter(None, told))
        )


_stages: list[Callable[[], str]] = []


@contextmanager
def live_table() -> Iterator[Callable[[str, str, Sequence[str], Sequence[Sequence[str]]], None]]:
    """Give what draws a table (title, time, columns, rows) on stdout in place of the one before; without a terminal, when it is another."""
    if not out.is_terminal:
        shown: list[Any] = []

        def told(
            title: str, at: str, columns: Sequence[str], rows: Sequence[Sequence[str]]
        ) -> None:
            if shown[-1:] != [rows]:
                shown.append(rows)
                print_table(f"{title}, {at}", columns, rows)

        yield told
        return
    from rich.live import Live  # noqa: PLC0415

    with Live(console=out, auto_refresh=False) as live:
        yield lambda title, at, columns, rows: live.update(
            _drawn_table(f"{title}, {at}", columns, rows), refresh=True
        )


def print_bars(title: str, spans: Sequence[tuple[str, float, float]], total: float) -> None:
    """Print on stdout what began and ended when (name, seconds, seconds) as bars over `total` seconds."""
    from rich.bar import Bar  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    drawn = Table(
        title=title, title_justify="left", title_style="bold", box=None, header_style="dim"
    )
    for column in ("step", "took", f"0 to {format_duration(total)}"):
        drawn.add_column(column)
    for name, start, end in spans:
        drawn.add_row(
            name,
            format_duration(end - start),
            Bar(total, start, max(end, start + total / 100), width=50),
        )
    out.print(drawn, soft_wrap=False)


@contextmanager
def show_progress(
    step: str, limit: float = 0, left: Callable[[], str] | None = None
) -> Iterator[Progress]:
    """Show on stderr, while the block lasts, that `step` goes on, for at most `limit` seconds if there is one.

    `left` tells of the time that is left for the stage that the step belongs to, as do the steps within it.
    """
    _stages.append(left or (_stages[-1] if _stages else str))
    shown = Progress(step, limit, _stages[-1])
    if err.is_terminal:
        _drawn.append(err.status(shown))
        _drawn[-1].start()
    try:
        yield shown
    finally:
        _stages.pop()
        if err.is_terminal:
            _drawn.pop().stop()

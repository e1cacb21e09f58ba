"""Arrange what a trace recorded: a block for each task, in it a row for each program or request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from ..toolkit.console.trace import Span

JOURNAL = "journal"  # writes of a millisecond, which share one row


@dataclass(frozen=True)
class Bar:
    """What was waited for, from `start` to `end`, in seconds since the command began."""

    name: str
    start: float
    end: float
    has_ended: bool = True

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


@dataclass
class Row:
    """Bars beside one name."""

    name: str
    bars: list[Bar] = field(default_factory=list)


@dataclass
class Block:
    """What a task waited for."""

    step: str
    rows: list[Row] = field(default_factory=list)

    def extent(self) -> Bar:
        """Return a bar from the first start to the last end."""
        bars = bars_of([self])
        first = min(bars, key=attrgetter("start"))
        last = max(bars, key=attrgetter("end"))
        return Bar(self.step, first.start, last.end)


def arrange(spans: Sequence[Span], start: float, end: float) -> list[Block]:
    """Return the blocks, and their rows, in the order in which they began.

    The command began at `start` and has ended at `end`.
    """
    blocks: dict[str, Block] = {}
    for span in sorted(spans, key=attrgetter("start")):
        block = blocks.setdefault(span.step, Block(span.step))
        bar = _bar(span, start, end)
        row = _row_for(bar, block)
        row.bars.append(bar)
    return list(blocks.values())


def _bar(span: Span, start: float, end: float) -> Bar:
    """Return the bar of a span; what has not ended lasts until the end of the command."""
    last = span.end
    if last is None:
        last = end
    return Bar(
        span.what,
        span.start - start,
        last - start,
        span.end is not None,
    )


def _row_for(bar: Bar, block: Block) -> Row:
    """Return the row of a bar in its block: a new one, or that of the journal."""
    if bar.name == JOURNAL:
        for row in block.rows:
            if row.name == JOURNAL:
                return row
    row = Row(bar.name)
    block.rows.append(row)
    return row


def bars_of(blocks: Iterable[Block]) -> list[Bar]:
    """Return all bars of blocks."""
    bars = []
    for block in blocks:
        for row in block.rows:
            bars += row.bars
    return bars


def seconds_covered(bars: Iterable[Bar]) -> float:
    """Return the time in which at least one of the bars lasts."""
    covered = 0.0
    reached = 0.0
    for bar in sorted(bars, key=attrgetter("start")):
        first = max(bar.start, reached)
        covered += max(bar.end - first, 0.0)
        reached = max(reached, bar.end)
    return covered

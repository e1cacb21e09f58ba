"""Draw the trace of a command as an SVG: a bar for each program and request, on a scale of time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

from ..toolkit.console.trace import Span
from .svg import explained, rectangle, text
from .trace_names import COLOURS, kind_of, shortened, shown_duration
from .trace_rows import JOURNAL, Bar, Block, Row, arrange, bars_of, seconds_covered

LEFT = 420  # pixels of the names
WIDTH = 900  # pixels of the scale
RIGHT = 80  # pixels beside it, for a duration
ALL = LEFT + WIDTH + RIGHT
ROW = 16
BAR = 12  # pixels of the height of a bar in its row
BASE = 12  # pixels from the top of a row to the base of its text
HEAD = 84
TICKS = 10
BAND = "#e8edf3"
GREY = "#64748b"
BOLD = ' font-weight="bold"'
TITLE = ' font-size="14" font-weight="bold"'
PALE = f' fill="{GREY}"'
START = '<svg class="inv-trace"'  # by which a file is known as a trace
SVG = (
    START + ' xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
    ' width="{width}" height="{height}" font-family="DejaVu Sans Mono, Menlo, monospace"'
    ' font-size="11" fill="#111827">'
)


def draw_waterfall(
    title: str,
    start: float,
    end: float,
    spans: Sequence[Span],
) -> str:
    """Return a trace as an SVG. Times are seconds of one clock."""
    blocks = arrange(spans, start, end)
    waterfall = _Waterfall(blocks, end - start)
    lines = waterfall.draw(title)
    return "\n".join(lines) + "\n"


class _Waterfall:
    """The drawing of blocks within a duration in seconds; `y` is where the next row begins."""

    def __init__(self, blocks: Sequence[Block], duration: float) -> None:
        self.blocks = blocks
        self.duration = duration
        self.scale = WIDTH / max(duration, 0.001)
        self.y = HEAD

    def draw(self, title: str) -> Iterator[str]:
        height = HEAD + ROW
        for block in self.blocks:
            height += ROW + ROW * len(block.rows)
        headline = f"{title}: {self.duration:.2f} s"
        yield SVG.format(width=ALL, height=height)
        yield f"<title>{escape(headline)}</title>"
        yield rectangle(0, 0, ALL, height, "white")
        yield text(8, 20, headline, TITLE)
        yield text(8, 40, self._summary())
        yield from _legend()
        for block in self.blocks:
            yield from self._block(block)
        yield from self._ticks(height)
        yield "</svg>"

    def _summary(self) -> str:
        """Return how many bars there are, and for how long there was none."""
        bars = bars_of(self.blocks)
        awaited = [bar for bar in bars if bar.name != JOURNAL]
        number = len(awaited)
        rest = self.duration - seconds_covered(bars)
        return f"{number} programs and requests; {rest:.2f} s beside them: Python, and pauses"

    def _ticks(self, height: int) -> Iterator[str]:
        """Yield lines of time."""
        step = _tick(self.duration)
        number = 0
        while number * step <= self.duration:
            seconds = number * step
            x = self._x(seconds)
            line = f"M{x:.1f} {HEAD - 4}V{height}"
            yield f'<path d="{line}" stroke="#000" stroke-opacity="0.1"/>'
            yield text(x + 2, HEAD - 6, f"{seconds:g} s", PALE)
            number += 1

    def _block(self, block: Block) -> Iterator[str]:
        """Yield a band with the name of a task, then its rows."""
        extent = block.extent()
        yield rectangle(0, self.y, ALL, ROW, BAND)
        yield text(8, self.y + BASE, block.step, BOLD)
        yield self._bar(extent, GREY, "task")
        yield self._duration(extent.end, extent.seconds)
        self.y += ROW
        for row in block.rows:
            yield from self._row(row)
            self.y += ROW

    def _row(self, row: Row) -> Iterator[str]:
        """Yield a name, its bars, and how long they took."""
        kind = kind_of(row.name)
        colour = COLOURS[kind]
        name = shortened(row.name)
        if kind == JOURNAL:
            number = len(row.bars)
            name = f"journal: {number} writes"
        yield text(20, self.y + BASE, name)
        seconds = 0.0
        for bar in row.bars:
            yield self._bar(bar, colour, kind)
            seconds += bar.seconds
        last = row.bars[-1]
        yield self._duration(last.end, seconds)

    def _bar(self, bar: Bar, colour: str, kind: str) -> str:
        """Return a bar, with its times for programs, and for people who point at it."""
        shape = rectangle(
            self._x(bar.start),
            self.y + (ROW - BAR) // 2,
            max(bar.seconds * self.scale, 1.0),
            BAR,
            colour,
        )
        times = f"{bar.start:.3f} s to {bar.end:.3f} s"
        if not bar.has_ended:
            times += ", not ended"
        start = f'data-start="{bar.start:.4f}"'
        end = f'data-end="{bar.end:.4f}"'
        attributes = f'class="{kind}" {start} {end}'
        return explained(shape, f"{bar.name}: {times}", attributes)

    def _duration(self, end: float, seconds: float) -> str:
        """Return how long a row took, beside the end of its last bar."""
        x = self._x(end) + 5
        return text(x, self.y + BASE, shown_duration(seconds))

    def _x(self, seconds: float) -> float:
        """Return where a time is on the scale."""
        return LEFT + seconds * self.scale


def _tick(duration: float) -> float:
    """Return the seconds between two lines: 1, 2 or 5 times a power of ten."""
    rough = max(duration, 0.001) / TICKS
    exponent = math.log10(rough)
    power = 10.0 ** math.floor(exponent)
    for factor in (1, 2, 5):
        step = factor * power
        if step >= rough:
            return step
    return 10 * power


def _legend() -> Iterator[str]:
    """Yield what the colours mean."""
    x = 8
    for kind, colour in COLOURS.items():
        yield rectangle(x, 51, BAR, BAR, colour)
        yield text(x + 17, 61, kind)
        x += 80

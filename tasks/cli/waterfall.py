"""Draw the trace of a command as an SVG: a bar for each program and request, on a scale of time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from ..toolkit.console.trace import Span

LEFT = 330  # pixels of the names
WIDTH = 900  # pixels of the scale
RIGHT = 70  # pixels beside it, for a duration
ROW = 16
HEAD = 44
COLOURS = {"git": "#f05033", "gh": "#6e5494", "helm": "#0f6ab4"}
OTHER_COLOUR = "#2e8b57"  # a request of the recipes themselves
TICKS = 10
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
    ' font-family="monospace" font-size="11">'
)


def draw_waterfall(title: str, start: float, end: float, spans: Sequence[Span]) -> str:
    """Return a trace as an SVG, with the spans in the order of their starts."""
    scale = WIDTH / max(end - start, 0.001)
    height = HEAD + ROW * len(spans) + ROW
    lines = [SVG.format(width=LEFT + WIDTH + RIGHT, height=height)]
    lines.append(f'<rect width="{LEFT + WIDTH + RIGHT}" height="{height}" fill="white"/>')
    summary = f"{title}: {end - start:.2f} s, {len(spans)} programs and requests"
    lines.append(_text(8, 16, summary))
    lines += _ticks(end - start, scale, height)
    for row, span in enumerate(sorted(spans, key=lambda span: span.start)):
        lines += _bar(span, HEAD + ROW * row, LEFT + (span.start - start) * scale, scale)
    return "\n".join([*lines, "</svg>", ""])


def _ticks(duration: float, scale: float, height: int) -> list[str]:
    """Return lines of time, about TICKS of them, at 1, 2 or 5 times a power of ten."""
    rough = duration / TICKS
    power = 10.0 ** math.floor(math.log10(max(rough, 0.0001)))
    step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= rough)
    lines = []
    for number in range(math.floor(duration / step) + 1):
        x = LEFT + number * step * scale
        lines.append(f'<path d="M{x:.1f} {HEAD - 6}V{height}" stroke="#ddd"/>')
        lines.append(_text(x + 2, HEAD - 8, f"{number * step:g} s"))
    return lines


def _bar(span: Span, y: int, x: float, scale: float) -> list[str]:
    program = span.what.split(maxsplit=1)[0]
    colour = COLOURS.get(program, OTHER_COLOUR)
    width = max((span.end - span.start) * scale, 1)
    name = f"{span.step}  {span.what}"
    bar = f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 3}" fill="{colour}"/>'
    duration = f"{(span.end - span.start) * 1000:.0f} ms"
    return [_text(8, y + 11, name[:46]), bar, _text(x + width + 4, y + 11, duration)]


def _text(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y}">{escape(text)}</text>'

"""The few shapes of SVG that a trace is drawn with."""

from __future__ import annotations

from html import escape


def text(
    x: float,
    y: float,
    words: str,
    style: str = "",
) -> str:
    """Return a text, whose lower left corner is at x and y."""
    place = f'x="{x:.1f}" y="{y:g}"'
    shown = escape(words)
    return f"<text {place}{style}>{shown}</text>"


def rectangle(
    x: float,
    y: float,
    width: float,
    height: float,
    colour: str,
) -> str:
    """Return a rectangle, whose upper left corner is at x and y."""
    place = f'x="{x:.1f}" y="{y:g}"'
    size = f'width="{width:.1f}" height="{height:g}"'
    return f'<rect {place} {size} fill="{colour}"/>'


def explained(shape: str, explanation: str, attributes: str) -> str:
    """Return a shape that explains itself to who points at it."""
    shown = escape(explanation)
    return f"<g {attributes}><title>{shown}</title>{shape}</g>"

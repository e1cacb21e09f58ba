"""Lay text out for a width: words, references, commands and what is in backticks never break."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from ..core.shell_lines import fold_script
from .commands import INVOKE, VARIABLES

_OPTIONS = r"(?: --[a-z-]+(?:[ =][^\s,;`]+)?)*"
PIECES = rf"(?:[^\s`]*`[^`\n]+`[^\s`]*|{VARIABLES}{INVOKE}[\w.-]*{_OPTIONS}[^\s]*|\S+)"
GAP = "  "
Row = Sequence[str]


def command_line(command: str, width: int) -> str:
    r"""Return a command behind GAP; where `width` is too narrow, in lines continued after `\`.

    So no reference breaks in the middle, and what is copied from the screen is still the command.
    """
    line = f"{GAP}{command}"
    if len(line) <= width:
        return line
    return GAP + fold_script(command, width - len(GAP) - 1)


def longest_piece(text: str) -> int:
    """Return the width of the longest part of a text that must not break."""
    return max(map(len, re.findall(PIECES, text)), default=0)


def wrap(text: str, width: int) -> list[str]:
    """Return the lines of a text, wrapped at spaces; what is too long has a line of its own."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in re.findall(PIECES, paragraph):
            longer = f"{line} {piece}" if line else piece
            if line and len(longer) > width:
                lines.append(line)
                longer = piece
            line = longer
        lines.append(line)
    return lines


def lay_out(
    columns: Row,
    rows: Sequence[Row],
    width: int,
) -> tuple[Row, list[Row]]:
    """Return the head and the lines of a table, each as cells that have the width of a column.

    The widest column is wrapped. Where that does not fit, there is no head, and each row is a
    block of lines.
    """
    table = [columns, *rows]
    widths = []
    for number in range(len(columns)):
        widths.append(max(_width(row[number]) for row in table))
    flexible = widths.index(max(widths))
    others = sum(widths) - widths[flexible] + len(GAP) * (len(widths) - 1)
    longest = max(longest_piece(row[flexible]) for row in table)
    if width - others < min(longest, width):
        return [], _blocks(columns, rows, width)
    widths[flexible] = min(widths[flexible], width - others)
    head, *lines = _lines_of_row(columns, widths)
    for row in rows:
        lines += _lines_of_row(row, widths)
    return head, lines


def _width(cell: str) -> int:
    return max(map(len, cell.split("\n")))


def _lines_of_row(row: Row, widths: Sequence[int]) -> list[Row]:
    wrapped = []
    for cell, size in zip(row, widths, strict=True):
        wrapped.append(wrap(cell, size))
    lines: list[Row] = []
    for parts in zip_longest(*wrapped, fillvalue=""):
        line = []
        for part, size in zip(parts, widths, strict=True):
            line.append(f"{part:<{size}}")
        lines.append(line)
    return lines


def _blocks(
    columns: Row,
    rows: Sequence[Row],
    width: int,
) -> list[Row]:
    """Return the rows as blocks: the first cell, and below it each other one, with its column."""
    lines: list[Row] = []
    for row in rows:
        lines.append([row[0]])
        for name, cell in zip(columns[1:], row[1:], strict=True):
            if not cell:
                continue
            for line in wrap(f"{name}: {cell}", width - len(GAP)):
                lines.append([f"{GAP}{line}"])
    return lines

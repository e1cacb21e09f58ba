"""Text from others in what we post: it notifies nobody, links nowhere and ends no table.

https://github.github.com/gfm/#code-spans
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..core.printable import one_line

PLAIN = re.compile(r"[\w .,:/+-]+", re.ASCII)  # no mention, reference, link, HTML or table
LINK = re.compile(r"www\.|(https?|ftp)://|\bGH-\d", re.IGNORECASE)


def code(text: str) -> str:
    """Return `text` as a code span in one line, in which Markdown means nothing."""
    line = one_line(text).replace("\r", " ").strip() or " "
    fence = _fence(line, 1)
    if line.startswith("`") or line.endswith("`"):
        line = f" {line} "
    return f"{fence}{line}{fence}"


def plain(text: str) -> str:
    """Return `text` as it is if Markdown means nothing in it, else as a code span."""
    if PLAIN.fullmatch(text) and not LINK.search(text):
        return text
    return code(text)


def link_to(
    name: str,
    url: str = "",
    allowed: str = "",
) -> str:
    """Return a name as a link, if the URL is an allowed one, a pattern; else the name alone."""
    shown = name if re.fullmatch(r"#\d+", name) else plain(name)
    return f"[{shown}]({url})" if url and re.fullmatch(allowed, url) else shown


def code_block(
    lines: Sequence[str],
    language: str,
) -> list[str]:
    """Return the lines of a code block, which none of `lines` can end."""
    fence = _fence("\n".join(lines), 3)
    return [f"{fence}{language}", *lines, fence]


def _fence(
    text: str,
    shortest: int,
) -> str:
    """Return more backticks than `text` has in a row."""
    runs = []
    for run in re.findall("`+", text):
        runs.append(len(run))
    length = max(runs, default=0) + 1
    return "`" * max(length, shortest)

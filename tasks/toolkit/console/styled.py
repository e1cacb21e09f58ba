"""Text in parts with styles, and the escape codes that show them.

Rich would take a fifth of the time that `--list` takes; only what is redrawn imports it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import IO, TypeAlias

# https://en.wikipedia.org/wiki/ANSI_escape_code#Select_Graphic_Rendition_parameters
ATTRIBUTES = {"bold": "1", "dim": "2"}
COLOURS = {"red": "31", "green": "32", "yellow": "33", "cyan": "36"}
Part: TypeAlias = tuple[str, str]  # a text and its style, such as "bold cyan"


class Text:
    """Text in parts, each with its style."""

    def __init__(self, text: str = "", style: str = "") -> None:
        self.parts: list[Part] = [(text, style)]

    @classmethod
    def assemble(cls, *parts: str | Part) -> Text:
        """Return text of parts; a part without a style is a string."""
        text = cls()
        for part in parts:
            if isinstance(part, str):
                text.append(part)
            else:
                text.append(*part)
        return text

    def append(self, text: str, style: str = "") -> None:
        """Add a part."""
        self.parts.append((text, style))

    @property
    def plain(self) -> str:
        """The text without its styles."""
        return "".join(text for text, _ in self.parts)

    def for_stream(self, stream: IO[str]) -> str:
        """Return the text as a stream can show it, with escape codes for its styles or without."""
        if not shows_styles(stream):
            return self.plain
        shown = ATTRIBUTES if os.environ.get("NO_COLOR") else ATTRIBUTES | COLOURS
        return "".join(_styled(text, style, shown) for text, style in self.parts)


def shows_styles(stream: IO[str]) -> bool:
    """Return whether a stream understands escape codes: https://force-color.org."""
    if os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        return False
    return is_taken_for_terminal(stream)


def is_taken_for_terminal(stream: IO[str]) -> bool:
    """Return whether a stream is a terminal, or is to be taken for one."""
    compatible = os.environ.get("TTY_COMPATIBLE", "")  # as rich has it
    if compatible in ("0", "1"):
        return compatible == "1"
    forced = os.environ.get("FORCE_COLOR")
    if forced is not None:
        return bool(forced)
    return stream.isatty()


def _styled(text: str, style: str, codes: dict[str, str]) -> str:
    """Return a part with the codes of its style around each of its lines."""
    chosen = [codes[word] for word in style.split() if word in codes]
    if not chosen:
        return text
    return "\n".join(_lines(text, ";".join(chosen)))


def _lines(text: str, codes: str) -> Iterator[str]:
    for line in text.split("\n"):
        yield f"\x1b[{codes}m{line}\x1b[0m" if line else line

"""Text of steps, made harmless where people read it: one line, and nothing steers a terminal."""

from __future__ import annotations

import unicodedata

MOST_COLUMNS = 200
# Control, format, surrogate, private and unassigned characters, and ends of lines and paragraphs.
STEERING = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def one_line(text: str, most: int = MOST_COLUMNS) -> str:
    """Return a text in one line of `most` characters, with spaces for what steers a terminal."""
    characters = []
    for character in text[: most + 1]:
        is_steering = unicodedata.category(character) in STEERING
        characters.append(" " if is_steering else character)
    cleaned = "".join(characters).rstrip()
    return cleaned if len(text) <= most else f"{cleaned[: most - 1]}…"

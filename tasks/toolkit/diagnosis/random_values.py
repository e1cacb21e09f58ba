"""Values in manifests that differ at each rendering, such as names that end at random."""

from __future__ import annotations

import re

RANDOM = "RANDOM"
WORDS = r"(\W+)"


def hide_random(first: str, second: str) -> str:
    """Return the first of two renderings of a chart, with RANDOM for each word that differs."""
    lines = first.split("\n")
    others = second.split("\n")
    if len(lines) != len(others):  # what is random cannot be told
        return first
    shown = []
    for line, other in zip(lines, others, strict=True):
        shown.append(_hide_in_line(line, other))
    return "\n".join(shown)


def _hide_in_line(line: str, other: str) -> str:
    if line == other:
        return line
    words = re.split(WORDS, line)
    other_words = re.split(WORDS, other)
    if len(words) != len(other_words):
        return RANDOM
    for number, word in enumerate(other_words):
        if words[number] != word:
            words[number] = RANDOM
    return "".join(words)

"""The names that are nearest to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MOST = 3  # names that are offered
LIKENESS = 0.75  # of 1, at least


def nearest(word: str, names: Iterable[str]) -> list[str]:
    """Return the names that the word may mean, the nearest first; a last part may stand alone."""
    names = list(names)
    word = word.lower().replace("_", "-")
    by_last_part: dict[str, list[str]] = {}
    for name in names:
        last_part = name.rpartition(".")[2]
        by_last_part.setdefault(last_part, []).append(name)
    found = list(by_last_part.get(word, []))
    found += get_close_matches(word, names, MOST, LIKENESS)
    for last_part in get_close_matches(word, by_last_part, MOST, LIKENESS):
        found += by_last_part[last_part]
    return list(dict.fromkeys(found))[:MOST]


def either(names: Iterable[str]) -> str:
    """Return names as a sentence offers them: `a`, `a or b`, `a, b or c`."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last

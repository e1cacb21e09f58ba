"""The names that are nearest to a mistyped one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from difflib import get_close_matches

from ..toolkit.core.errors import BadInput

MOST = 3  # names that are offered
LIKENESS = 0.75  # of 1, at least


def nearest(word: str, names: Iterable[str]) -> list[str]:
    """Return the names that the word may mean, the nearest first; a last part may stand alone."""
    names = list(names)
    if "." in word:  # then it is not a section
        names = [name for name in names if "." in name]
    word = word.lower()
    word = word.replace("_", "-")
    by_last_part = defaultdict(list)
    for name in names:
        _, _, last_part = name.rpartition(".")
        by_last_part[last_part].append(name)
    if word in by_last_part:
        return by_last_part[word][:MOST]
    found = get_close_matches(word, names, MOST, LIKENESS)
    for last_part in get_close_matches(word, by_last_part, MOST, LIKENESS):
        found += by_last_part[last_part]
    unique = list(dict.fromkeys(found))
    return unique[:MOST]


def either(names: Iterable[str]) -> str:
    """Return names as a sentence offers them: `a`, `a or b`, `a, b or c`."""
    *others, last = names
    if not others:
        return last
    first = ", ".join(others)
    return f"{first} or {last}"


def did_you_mean(what: str, names: Iterable[str]) -> BadInput:
    """Return the refusal of a word that is like these names."""
    return BadInput(f"{what}; did you mean {either(names)}?")

"""Titles of issues and pull requests: GitHub takes at most 256 characters."""

from __future__ import annotations

import unicodedata

from .errors import BadInput

LONGEST_TITLE = 256
JOINERS = "\u200d\ufe0e\ufe0f"  # they join or vary the character before


def fit_title(title: str, limit: int = LONGEST_TITLE) -> str:
    """Return a title as it is, or shortened between two characters, with an ellipsis."""
    if len(title) <= limit:
        return title
    end = limit - 1
    while end and (_continues(title[end]) or title[end - 1] == JOINERS[0]):
        end -= 1
    return title[:end].rstrip() + "…"


def check_title(title: str) -> str:
    """Return the title that a user gave. Raises BadInput if GitHub would refuse it."""
    if len(title) > LONGEST_TITLE:
        what = f"--title has {len(title)} characters"
        raise BadInput(what, f"GitHub takes at most {LONGEST_TITLE}: shorten it")
    return title


def _continues(char: str) -> bool:
    return bool(unicodedata.combining(char)) or char in JOINERS

"""How a trace shows names, kinds and durations."""

from __future__ import annotations

import re

from .trace_rows import JOURNAL

LONGEST_NAME = 60  # characters
KEPT_END = 20  # of the characters of a longer one
HASH = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{4,}\b")  # of which eight digits are enough
# Dark enough to be read on white.
REGISTRY, OTHER = "registry", "other"
COLOURS = {
    "git": "#c2410c",
    "gh": "#6d28d9",
    "helm": "#0f5fa8",
    REGISTRY: "#15803d",
    JOURNAL: "#854d0e",
    OTHER: "#4b5563",
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")  # of requests to a registry


def kind_of(name: str) -> str:
    """Return what a bar stands for: a program, the registry or the journal."""
    word, _, _ = name.partition(" ")
    if word in METHODS:
        return REGISTRY
    if word in COLOURS:
        return word
    return OTHER


def shown_duration(seconds: float) -> str:
    """Return a duration with about three digits."""
    if seconds >= 1:
        return f"{seconds:.2f} s"
    milliseconds = seconds * 1000
    if milliseconds >= 10:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds:.1f} ms"


def shortened(name: str) -> str:
    """Return a name that fits: its start, and its end, which tells paths apart."""
    name = HASH.sub(r"\1", name)
    if len(name) <= LONGEST_NAME:
        return name
    kept = LONGEST_NAME - KEPT_END - 1
    start = name[:kept]
    end = name[-KEPT_END:]
    return f"{start}…{end}"

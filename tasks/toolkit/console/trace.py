"""Record the programs and requests that a command waits for, if a trace is asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..core.invocation import current_step


@dataclass(frozen=True)
class Span:
    """A program or request: `what` was asked for in a `step`, from `start` to `end`.

    Both are seconds of `time.monotonic`.
    """

    what: str
    step: str
    start: float
    end: float


_recorded: list[list[Span]] = []  # the list of the one trace, if there is one


def start_recording() -> list[Span]:
    """Record from now on, and return the list to which spans are added at their ends."""
    _recorded[:] = [[]]
    return _recorded[0]


@contextmanager
def recording_span(what: str) -> Iterator[None]:
    """Record the block as a span, if a trace is asked for."""
    start = time.monotonic()
    try:
        yield
    finally:
        for spans in _recorded:
            spans.append(Span(what, current_step(), start, time.monotonic()))

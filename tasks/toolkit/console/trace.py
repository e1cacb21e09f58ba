"""Record the programs and requests that a command waits for, if a trace is asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..core.invocation import current_step


@dataclass
class Span:
    """A program or request: `what` was asked for in a `step`, from `start` to `end`.

    Both are seconds of `time.monotonic`. What has not ended has no `end`.
    """

    what: str
    step: str
    start: float
    end: float | None = None


_recorded: list[list[Span]] = []  # the list of the one trace, if there is one


def start_recording() -> list[Span]:
    """Record from now on, and return the list to which spans are added at their starts."""
    _recorded[:] = [[]]
    return _recorded[0]


@contextmanager
def recording_span(what: str) -> Iterator[None]:
    """Record the block as a span, if a trace is asked for. Thread-safe."""
    if not _recorded:
        yield
        return
    span = Span(what, current_step(), time.monotonic())
    _recorded[0].append(span)
    try:
        yield
    finally:
        span.end = time.monotonic()

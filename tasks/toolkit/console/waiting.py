"""Waiting for the world: bounded, at an interval, saying what it waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import TypeVar

from ..clients import process
from ..core.errors import TookTooLong
from . import output
from .progress import show_progress

T = TypeVar("T")
SHUTDOWN_GRACE = 0.5  # seconds that calls have to tidy up when what they are made for ends early


@dataclass(frozen=True)
class Pending:
    """What a probe answers while it must be asked again: what is waited for."""

    what: str


def run_parallel(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Return what the calls return, all made at the same time; whatever ends the wait early ends their programs."""
    made = [in_background(call) for call in calls]
    try:
        return [future.result() for future in made]
    except BaseException:
        process.end_programs()
        wait(made, SHUTDOWN_GRACE)
        raise


def in_background(call: Callable[[], T]) -> Future[T]:
    """Make a call in a thread that nobody has to wait for, the end of the process included: a service that hangs would hold it up."""
    made = Future[T]()

    def make() -> None:
        try:
            made.set_result(call())
        except BaseException as error:  # it is the caller's
            made.set_exception(error)

    threading.Thread(target=make, daemon=True).start()
    return made


def poll_until(
    step: str, probe: Callable[[], T | Pending], *, interval: float, limit: float, advice: str
) -> T:
    """Ask `probe` every `interval` seconds until it answers something else than NotYet, and return that.

    Raises TookTooLong with `advice` when `limit` seconds are over.
    """
    deadline = time.monotonic() + limit
    answer = probe()
    if not isinstance(answer, Pending):
        return answer
    with show_progress(step, limit) as shown:
        while isinstance(answer, Pending):
            if time.monotonic() >= deadline:
                raise TookTooLong(
                    f"waited {output.format_duration(limit)} for {answer.what}, in vain", advice
                )
            shown.tell(answer.what)
            if process.shutting_down.wait(min(interval, max(0.0, deadline - time.monotonic()))):
                raise KeyboardInterrupt
            answer = probe()
    return answer

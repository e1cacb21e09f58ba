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

T = TypeVar("T")
TIDYING = 0.5  # seconds that calls have to tidy up when what they are made for ends early


@dataclass(frozen=True)
class NotYet:
    """What a probe answers while it must be asked again: what is waited for."""

    what: str


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Return what the calls return, all made at the same time; whatever ends the wait early ends their programs."""
    made = [begun(call) for call in calls]
    try:
        return [future.result() for future in made]
    except BaseException:
        process.end_all()
        wait(made, TIDYING)
        raise


def begun(call: Callable[[], T]) -> Future[T]:
    """Make a call in a thread that nobody has to wait for, the end of the process included: a service that hangs would hold it up."""
    made = Future[T]()

    def make() -> None:
        try:
            made.set_result(call())
        except BaseException as error:  # it is the caller's
            made.set_exception(error)

    threading.Thread(target=make, daemon=True).start()
    return made


def until(
    step: str, probe: Callable[[], T | NotYet], *, interval: float, limit: float, advice: str
) -> T:
    """Ask `probe` every `interval` seconds until it answers something else than NotYet, and return that.

    Raises TookTooLong with `advice` when `limit` seconds are over.
    """
    deadline = time.monotonic() + limit
    answer = probe()
    if not isinstance(answer, NotYet):
        return answer
    with output.working(step, limit) as shown:
        while isinstance(answer, NotYet):
            if time.monotonic() >= deadline:
                raise TookTooLong(
                    f"waited {output.clock(limit)} for {answer.what}, in vain", advice
                )
            shown.tell(answer.what)
            if process.ending.wait(min(interval, max(0.0, deadline - time.monotonic()))):
                raise KeyboardInterrupt
            answer = probe()
    return answer

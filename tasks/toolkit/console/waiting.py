"""Wait for the world: within a limit, at an interval, showing what is waited for."""

from __future__ import annotations

import contextvars
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from ..core.errors import PassingFault, TookTooLong
from .output import format_duration
from .progress import show_progress
from .signals import shut_down, shutting_down

T = TypeVar("T")
MOST_PARALLEL = min(16, 4 * (os.cpu_count() or 1))  # calls, of which most run a program
_is_within: ContextVar[bool] = ContextVar("within", default=False)  # one of parallel calls
BRIEF = 0.25  # seconds
SHUTDOWN_GRACE = 0.5  # seconds that calls have to clean up when another one failed


@dataclass(frozen=True)
class Pending:
    """The answer of a probe that must be asked again; `what` names what is waited for.

    What `is_brief` is likely to be over in a moment, and is asked again sooner.
    """

    what: str
    is_brief: bool = False


def run_parallel(calls: Sequence[Callable[[], T]], *, ends_all: bool = True) -> list[T]:
    """Run calls, MOST_PARALLEL at the same time, and return their results.

    A failure ends the programs of all, unless this is itself one of such calls. Where the command
    goes on after it, `ends_all` is False.
    """
    futures = [Future[T]() for _ in calls]
    left = deque(zip(calls, futures, strict=True))

    def work() -> None:
        _is_within.set(True)
        with suppress(IndexError):
            while True:
                call, future = left.popleft()
                _settle(future, call)

    for _ in calls[:MOST_PARALLEL]:
        in_background(work)
    try:
        return [future.result() for future in futures]
    except BaseException:
        left.clear()
        if ends_all and not _is_within.get():
            shut_down()
            wait(futures, SHUTDOWN_GRACE)
        raise


def in_background(call: Callable[[], T]) -> Future[T]:
    """Run a call in a daemon thread: a service that hangs does not delay the end of the process."""
    future = Future[T]()
    context = contextvars.copy_context()  # the thread reports under the same step

    run = partial(_settle, future, partial(context.run, call))
    threading.Thread(target=run, daemon=True).start()
    return future


@contextmanager
def meanwhile(*calls: Callable[[], T]) -> Iterator[list[Future[T]]]:
    """Run calls beside the block, which gets their futures; it ends when all have ended.

    What they raise is raised only where a result is asked for. An interrupt waits for none.
    """
    futures = [in_background(call) for call in calls]
    try:
        yield futures
    except Exception:
        wait(futures)
        raise
    wait(futures)


def _settle(future: Future[T], call: Callable[[], T]) -> None:
    try:
        future.set_result(call())
    except BaseException as error:  # re-raised where the result is asked for
        future.set_exception(error)


def poll_until(
    probe: Callable[[], T | Pending],
    *,
    interval: float,
    limit: float,
    advice: str,
) -> T:
    """Call `probe` every `interval` seconds until its answer is not Pending; return the answer.

    Brief waits begin with BRIEF seconds, and double. A fault that passes ends no wait. Raises
    TookTooLong with `advice` after `limit` seconds.
    """
    deadline = time.monotonic() + limit
    brief = BRIEF
    answer = _ask(probe)
    if not isinstance(answer, Pending):
        return answer
    with show_progress(limit) as progress:
        while isinstance(answer, Pending):
            left = deadline - time.monotonic()
            if left <= 0:
                waited = f"waited {format_duration(limit)} for {answer.what}"
                raise TookTooLong(f"{waited}; it did not happen", advice)
            progress.wait_for(answer.what)
            pause = interval
            if answer.is_brief:
                pause = min(interval, brief)
                brief *= 2
            if shutting_down.wait(min(pause, left)):
                raise KeyboardInterrupt
            answer = _ask(probe)
    return answer


def _ask(probe: Callable[[], T | Pending]) -> T | Pending:
    try:
        return probe()
    except PassingFault as fault:
        return Pending(f"an answer ({fault.what})")

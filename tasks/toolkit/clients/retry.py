"""Ask again after a fault that passes: with growing pauses, or when a rate limit has ended."""

from __future__ import annotations

import random
import re
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ..console.output import format_duration, status
from ..console.requests import REPEAT, asking
from ..console.signals import interrupt, shutting_down
from ..core.errors import PassingFault, RateLimited

T = TypeVar("T")
TRIES = 5
LONGEST_REASON = 70  # characters
STEP = 0.1  # seconds between two looks for an interrupt


def nothing_found() -> None:
    """Find no outcome: for a request that changes nothing, or nothing more the second time."""


@dataclass(frozen=True)
class Retries:
    """How a request is repeated: the first `pause`, which doubles each time, in seconds.

    `limit` is the longest wait for the end of a rate limit. A fault is reported once in REPEAT
    seconds, since all that a service is asked may meet it.
    """

    pause: float = 0.01
    limit: float = 60.0
    _reported: dict[str, float] = field(default_factory=dict, compare=False, repr=False)

    def ask(
        self,
        request: Callable[[], T],
        find_outcome: Callable[[], T | None] = nothing_found,
        cooldown: Callable[[], float] | None = None,
    ) -> T:
        """Return the answer of a request, made again after a fault that passes.

        Before it is made again, an outcome that `find_outcome` finds is returned instead.
        `cooldown` returns the seconds until a rate limit ends. Raises the last PassingFault.
        """
        for number in range(1, TRIES):
            try:
                return request()
            except PassingFault as fault:
                seconds = self._seconds(number, fault, cooldown)
                self._pause(fault, seconds, number + 1)
            outcome = find_outcome()
            if outcome is not None:
                return outcome
        return request()

    def _seconds(
        self,
        number: int,
        fault: PassingFault,
        cooldown: Callable[[], float] | None,
    ) -> float:
        if cooldown and isinstance(fault, RateLimited):
            return cooldown()
        doubled: float = self.pause * 2 ** (number - 1)
        return doubled * random.uniform(1, 1.25)  # noqa: S311 - not in step with others

    def _pause(self, fault: PassingFault, seconds: float, number: int) -> None:
        """Wait before the try `number`. Raises the fault after an interrupt, or for a long wait."""
        if interrupt.received:
            raise fault
        duration = format_duration(seconds)
        if isinstance(fault, RateLimited) and seconds > self.limit:
            what = f"{fault.what}; this lasts {duration} more"
            raise RateLimited(what, "re-run the same command then") from fault
        again = f"asking again, {TRIES - 1} times at most"
        if isinstance(fault, RateLimited):
            again = f"asking again in {duration}"
        self._report(in_brief(fault), again)
        with asking(f"attempt {number} of {TRIES}"):
            _sleep(fault, seconds)

    def _report(self, what: str, again: str) -> None:
        who, _, _ = what.partition(": ")
        now = time.monotonic()
        last = self._reported.get(who)
        if last is None or now - last >= REPEAT:
            self._reported[who] = now
            status(f"{what}; {again}", "warning")


def _sleep(fault: PassingFault, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if interrupt.received:
            raise fault
        if shutting_down.wait(min(left, STEP)):
            raise KeyboardInterrupt


def in_brief(fault: PassingFault) -> str:
    """Return a fault in a few words: who answered, and how."""
    who, _, answer = fault.what.partition(": ")
    if who.startswith("gh "):
        who = "GitHub"
    code = re.search(r"(?:HTTP|status code:?) (\d{3})", answer)
    if code:
        answer = code[1]
    brief = f"{who}: {answer}" if answer else who
    return textwrap.shorten(brief, LONGEST_REASON, placeholder="…")

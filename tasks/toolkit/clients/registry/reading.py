"""Requests that only read: sent again after a fault that passes."""

from __future__ import annotations

import re
from collections.abc import Callable

from ...core.errors import PassingFault, RateLimited
from ..retry import Retries
from .connections import RegistryResponse

METHODS = ("GET", "HEAD")
PASSING = (500, 502, 503, 504)


def read_again(
    retries: Retries,
    host: str,
    send: Callable[[], RegistryResponse],
) -> RegistryResponse:
    """Return the answer to a request, in the end one of a fault that does not pass.

    Raises ServiceError.
    """
    answers: list[RegistryResponse] = []

    def ask() -> RegistryResponse:
        answers.clear()
        answer = send()
        answers.append(answer)
        if answer.status == 429:
            raise RateLimited(f"{host} answered 429")
        if answer.status in PASSING:
            raise PassingFault(f"{host} answered {answer.status}")
        return answer

    def seconds_to_wait() -> float:
        seconds = answers[-1].headers.get("retry-after", "")
        return float(seconds) if re.fullmatch(r"\d{1,6}", seconds) else retries.pause

    try:
        return retries.ask(ask, cooldown=seconds_to_wait)
    except PassingFault:
        if answers:
            return answers[-1]
        raise

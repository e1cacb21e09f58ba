"""Questions that are asked only once, however many threads want the answer."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Once:
    """The answers so far by key, with the time of asking; a failure is an answer too.

    What may change is asked for again when it is `max_age` seconds old.
    """

    def __init__(self) -> None:
        self.max_age = math.inf
        self._answers: dict[Hashable, tuple[Future[Any], float]] = {}
        self._lock = threading.Lock()

    def ask(self, key: Hashable, question: Callable[[], T], *, changes: bool = False) -> T:
        """Return the answer under `key`, which the first thread gets by asking; others wait."""
        answer: Future[T]
        answer, is_new = self._find(key, self.max_age if changes else math.inf)
        if is_new:
            try:
                answer.set_result(question())
            except BaseException as error:  # re-raised below, and to all who wait
                answer.set_exception(error)
        return answer.result()

    def _find(self, key: Hashable, max_age: float) -> tuple[Future[Any], bool]:
        """Return the answer under a key, and whether it is to be asked for."""
        now = time.monotonic()
        with self._lock:
            if key in self._answers:
                answer, asked_at = self._answers[key]
                if now - asked_at < max_age:
                    return answer, False
            new = Future[Any]()
            self._answers[key] = new, now
            return new, True

"""An answer that is asked for often, and kept for a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """The answer of a function; threads that ask for it at the same time share one."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._answers: list[T] = []  # at most one
        self._asked_at = 0.0
        self._lock = threading.Lock()

    def get(self, max_age: float) -> T:
        """Return the answer, which was asked for less than `max_age` seconds ago."""
        with self._lock:
            asked_at = time.monotonic()
            if not self._answers or asked_at - self._asked_at >= max_age:
                self._answers = [self._ask()]
                self._asked_at = asked_at
            return self._answers[0]

    def forget(self) -> None:
        """Ask again the next time."""
        with self._lock:
            self._answers = []

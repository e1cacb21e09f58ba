"""Questions that are asked only once, however many threads want the answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Once:
    """The answers so far by key; a failure is an answer too."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, Future[Any]] = {}
        self._lock = threading.Lock()

    def ask(self, key: Hashable, question: Callable[[], T]) -> T:
        """Return the answer under `key`, which the first thread gets by asking; others wait."""
        with self._lock:
            is_first = key not in self._answers
            answer: Future[T] = self._answers.setdefault(key, Future())
        if is_first:
            try:
                answer.set_result(question())
            except BaseException as error:  # re-raised below, and to all who wait
                answer.set_exception(error)
        return answer.result()

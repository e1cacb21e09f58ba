"""An answer that is kept for a moment: one for all threads, and a new one when that is over."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from tasks.toolkit.core.recent import Recent


def test_an_answer_is_kept_for_as_long_as_the_caller_allows() -> None:
    numbers = count(1)
    recent = Recent(lambda: next(numbers))
    assert recent.get(60) == 1
    assert recent.get(60) == 1
    assert recent.get(0) == 2
    time.sleep(0.02)
    assert recent.get(0.01) == 3


def test_what_is_forgotten_is_asked_for_again() -> None:
    numbers = count(1)
    recent = Recent(lambda: next(numbers))
    assert recent.get(60) == 1
    recent.forget()
    assert recent.get(60) == 2


def test_threads_that_ask_at_the_same_time_share_one_answer() -> None:
    numbers = count(1)

    def ask() -> int:
        time.sleep(0.05)
        return next(numbers)

    recent = Recent(ask)
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: recent.get(60), range(8))) == {1}


def test_an_error_is_not_kept() -> None:
    numbers = count(0)
    recent = Recent(lambda: 1 // next(numbers))
    with pytest.raises(ZeroDivisionError):
        recent.get(60)
    assert recent.get(60) == 1

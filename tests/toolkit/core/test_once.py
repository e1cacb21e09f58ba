"""Questions that several threads have in common."""

from __future__ import annotations

import threading
import time

import pytest

from tasks.toolkit.console.waiting import run_parallel
from tasks.toolkit.core.errors import ServiceError
from tasks.toolkit.core.once import Once


def test_a_question_is_asked_once_however_many_threads_want_the_answer() -> None:
    once = Once()
    asked = []
    begun = threading.Barrier(4)

    def question() -> str:
        asked.append("tags")
        return "v1.0.0"

    def ask() -> str:
        begun.wait()
        return once.ask("tags", question)

    assert run_parallel([ask] * 4) == ["v1.0.0"] * 4
    assert asked == ["tags"]


class SlowKey:
    """A key that other threads look up before the first one has entered it."""

    def __hash__(self) -> int:
        time.sleep(0.02)
        return 1


def test_threads_that_look_up_a_question_at_the_same_time_ask_it_once() -> None:
    once = Once()
    key = SlowKey()
    asked = []
    begun = threading.Barrier(4)

    def ask() -> None:
        begun.wait()
        once.ask(key, lambda: asked.append("tags"))

    run_parallel([ask] * 4)
    assert asked == ["tags"]


def test_a_failure_is_an_answer_too_until_it_is_old() -> None:
    once = Once()

    def fail() -> str:
        raise ServiceError("no answer")

    for _ in range(2):
        with pytest.raises(ServiceError):
            once.ask("runs", fail)
    with pytest.raises(ServiceError):
        once.ask("runs", lambda: "run 1")
    once.max_age = 0
    assert once.ask("runs", lambda: "run 1", changes=True) == "run 1"

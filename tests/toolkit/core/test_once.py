"""Questions that several threads have in common."""

from __future__ import annotations

import threading

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


def test_a_failure_is_an_answer_too_until_it_is_old() -> None:
    once = Once()

    def fail() -> str:
        raise ServiceError("no answer")

    for _ in range(2):
        with pytest.raises(ServiceError):
            once.ask("runs", fail)
    with pytest.raises(ServiceError):
        once.ask("runs", lambda: "run 1")
    assert once.ask("runs", lambda: "run 1", max_age=0) == "run 1"

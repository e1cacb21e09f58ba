"""Waiting: within a limit, at an interval, naming what is waited for; and parallel calls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tasks.toolkit.console.signals import shut_down, shutting_down
from tasks.toolkit.console.waiting import (
    Pending,
    in_background,
    meanwhile,
    poll_until,
    run_parallel,
)
from tasks.toolkit.core.errors import PassingFault, Refused, TookTooLong
from tasks.toolkit.core.invocation import current_step, running_step


@pytest.fixture(autouse=True)
def _not_shutting_down() -> Iterator[None]:
    yield
    shutting_down.clear()


def answering(*answers: object) -> Callable[[], object]:
    """Return a probe that gives these answers, the last one forever."""
    left = list(answers)

    def probe() -> object:
        return left.pop(0) if len(left) > 1 else left[0]

    return probe


def wait_for(probe: Callable[[], object], limit: float = 5.0) -> object:
    return poll_until(probe, interval=0.01, limit=limit, advice="look at it")


@pytest.mark.parametrize("answer", ["found", "", None])
def test_the_first_answer_that_is_not_pending_ends_the_wait(answer: object) -> None:
    probe = answering(Pending("a check"), Pending("a check"), answer)
    assert wait_for(probe) == answer


def test_an_answer_at_once_is_no_wait(capsys: pytest.CaptureFixture[str]) -> None:
    assert wait_for(answering("found")) == "found"
    assert capsys.readouterr().err == ""


def test_what_is_waited_for_is_named_when_it_changes(capsys: pytest.CaptureFixture[str]) -> None:
    with running_step("rollback.revert"):
        wait_for(answering(Pending("a check"), Pending("a check"), Pending("a review"), True))
    assert capsys.readouterr().err.splitlines() == [
        "rollback.revert     · waiting for a check, at most 5.0 s",
        "rollback.revert     · waiting for a review, at most 5.0 s",
    ]


def test_a_wait_over_its_limit_names_what_did_not_happen_and_what_to_do() -> None:
    expected = r"waited 0\.1 s for a check; it did not happen: look at it"
    with pytest.raises(TookTooLong, match=expected):
        wait_for(answering(Pending("a check")), limit=0.05)


def test_a_probe_is_asked_once_more_when_the_limit_is_shorter_than_the_interval() -> None:
    probe = answering(Pending("a check"), True)
    assert poll_until(probe, interval=60, limit=0.02, advice="") is True


def test_a_shutdown_ends_the_wait() -> None:
    timer = threading.Timer(0.05, shut_down)
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        poll_until(answering(Pending("a check")), interval=30, limit=60, advice="")
    assert time.monotonic() - started < 10


def test_an_error_of_the_probe_ends_the_wait() -> None:
    def probe() -> object:
        raise Refused("it is gone")

    with pytest.raises(Refused, match="it is gone"):
        wait_for(probe)


def test_a_fault_that_passes_ends_no_wait(capsys: pytest.CaptureFixture[str]) -> None:
    faults = [PassingFault("gh run view: HTTP 502")] * 2

    def probe() -> str:
        if faults:
            raise faults.pop()
        return "found"

    assert wait_for(probe) == "found"
    assert "waiting for an answer (gh run view: HTTP 502)" in capsys.readouterr().err


def test_a_fault_that_does_not_pass_in_time_is_what_was_waited_for() -> None:
    def probe() -> str:
        raise PassingFault("gh run view: HTTP 502")

    with pytest.raises(TookTooLong, match=r"for an answer \(gh run view: HTTP 502\); it did not"):
        wait_for(probe, limit=0.03)


def test_calls_run_at_the_same_time_and_their_results_keep_their_order() -> None:
    everyone = threading.Barrier(3, timeout=10)

    def call(number: int) -> int:
        everyone.wait()
        time.sleep(0.02 * (3 - number))
        return number

    assert run_parallel([partial(call, number) for number in range(3)]) == [0, 1, 2]


def test_the_first_failure_ends_the_waits_of_the_others() -> None:
    ended = threading.Event()

    def wait() -> None:
        try:
            poll_until(answering(Pending("a check")), interval=30, limit=60, advice="")
        finally:
            ended.set()

    def fail() -> None:
        raise Refused("it is wrong")

    started = time.monotonic()
    with pytest.raises(Refused, match="it is wrong"):
        run_parallel([fail, wait])
    assert ended.wait(10)
    assert time.monotonic() - started < 10


def test_a_call_in_the_background_reports_under_the_step_that_began_it() -> None:
    with running_step("when.check"):
        future = in_background(current_step)
    assert future.result(timeout=10) == "when.check"


def test_a_call_in_the_background_raises_where_its_result_is_asked_for() -> None:
    def fail() -> None:
        raise Refused("it is wrong")

    future = in_background(fail)
    with pytest.raises(Refused, match="it is wrong"):
        future.result(timeout=10)


def test_the_calls_beside_a_block_run_at_once_and_have_ended_after_it() -> None:
    begun, ended = threading.Event(), threading.Event()

    def beside() -> str:
        begun.set()
        time.sleep(0.05)
        ended.set()
        return "read"

    with meanwhile(beside) as (reading,):
        assert begun.wait(5)
    assert ended.is_set()
    assert reading.result() == "read"


def test_what_a_call_beside_a_block_raises_is_raised_only_if_its_result_is_asked_for() -> None:
    def fail() -> None:
        raise Refused("no", "")

    with meanwhile(fail) as (failing,):
        pass
    with pytest.raises(Refused):
        failing.result()


def test_an_error_of_the_block_waits_for_the_calls_beside_it() -> None:
    ended = threading.Event()

    def beside() -> None:
        time.sleep(0.05)
        ended.set()

    with pytest.raises(Refused), meanwhile(beside):
        raise Refused("no", "")
    assert ended.is_set()


def test_what_is_brief_is_asked_for_again_long_before_the_interval_is_over() -> None:
    brief = Pending("GitHub", is_brief=True)
    started = time.monotonic()
    assert poll_until(answering(brief, brief, True), interval=60, limit=120, advice="") is True
    assert time.monotonic() - started < 30

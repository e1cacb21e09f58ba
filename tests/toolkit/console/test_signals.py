"""Signals: the first one interrupts, once, and never within a change that must be complete."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from tasks.toolkit.console.signals import (
    INTERRUPTED,
    INTERRUPTED_STATUS,
    SIGNALS,
    SignalHandler,
)


@pytest.fixture
def handler() -> Iterator[SignalHandler]:
    """Give a handler while a recipe runs, and pytest its own handlers afterwards."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    made = SignalHandler()
    made.recipes = 1
    made.install()
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number: int = signal.SIGTERM) -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, number)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_interrupts_the_recipe_and_the_others_are_ignored(
    handler: SignalHandler, number: int
) -> None:
    with pytest.raises(KeyboardInterrupt):
        send(number)
    send(number)  # cleaning up is not interrupted
    assert handler.raised


def test_between_two_recipes_it_ends_the_process_with_one_line(
    handler: SignalHandler, capsys: pytest.CaptureFixture[str]
) -> None:
    handler.recipes = 0
    with pytest.raises(SystemExit) as caught:
        send()
    assert caught.value.code == INTERRUPTED_STATUS
    assert capsys.readouterr().err.rstrip().endswith(INTERRUPTED)


def test_a_signal_within_a_short_change_interrupts_after_it(handler: SignalHandler) -> None:
    finished: list[str] = []
    with pytest.raises(KeyboardInterrupt), handler.deferred():
        with handler.deferred():
            send()
            finished.append("inner")
        finished.append("outer")
    assert finished == ["inner", "outer"]


def test_a_change_in_another_thread_defers_nothing(handler: SignalHandler) -> None:
    entered, leave = threading.Event(), threading.Event()

    def change() -> None:
        with handler.deferred():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=change)
    thread.start()
    assert entered.wait(10)
    with pytest.raises(KeyboardInterrupt):
        send()
    leave.set()
    thread.join()


def test_signals_that_the_caller_ignores_stay_ignored(handler: SignalHandler) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under nohup
    handler.install()
    send(signal.SIGHUP)
    assert not handler.received


def test_a_child_starts_with_its_signals_blocked_and_the_parent_gets_its_own_back(
    handler: SignalHandler,
) -> None:
    script = "import signal; print(sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, ()))))"
    with handler.blocked_for_child():
        child = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
    assert child.stdout == f"{sorted(map(int, SIGNALS))}\n"
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ()) & set(SIGNALS)


def test_installing_the_handler_lets_a_pending_signal_through(handler: SignalHandler) -> None:
    with handler.blocked_for_child():
        send()
        assert not handler.received
        with pytest.raises(KeyboardInterrupt):
            handler.install()

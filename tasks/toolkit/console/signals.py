"""Handle Ctrl-C and other signals once, never between a program's start and its registration."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = "interrupted: what was done stays done; re-run the same command to resume"
INTERRUPTED_RESTART = "interrupted: the same command starts over"
INTERRUPTED_STATUS = 130  # as a shell reports SIGINT
CLOSED_PIPE_STATUS = 141  # as a shell reports SIGPIPE

shutting_down = threading.Event()  # ends every wait
_on_shutdown: list[Callable[[], None]] = []


def on_shutdown(cleanup: Callable[[], None]) -> None:
    """Register what `shut_down` calls, such as ending child programs."""
    _on_shutdown.append(cleanup)


def shut_down() -> None:
    """End every wait and every program that still runs, whichever thread started it."""
    shutting_down.set()
    for cleanup in _on_shutdown:
        cleanup()


class SignalHandler:
    """Raise KeyboardInterrupt at the first signal; ignore later ones, so that cleaning up ends."""

    def __init__(self) -> None:
        self.received = False
        self.raised = False
        self.recipes = 0  # recipes that run now, one inside another
        self._deferrals = 0

    def install(self) -> None:
        """Handle signals that the caller does not ignore (nohup does); unblock pending ones."""
        for number in SIGNALS:
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                signal.signal(number, self)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def __call__(self, *_: object) -> None:
        """Receive a signal."""
        self.received = True
        if self._deferrals or self.raised:
            return
        self.raised = True
        if self.recipes:
            raise KeyboardInterrupt
        from .output import status  # noqa: PLC0415

        status(INTERRUPTED, "failed")  # between two recipes Invoke would print nothing
        sys.exit(INTERRUPTED_STATUS)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Defer the interrupt while the block makes a short change that must be complete."""
        if threading.current_thread() is not threading.main_thread():
            yield  # signals reach the main thread only
            return
        self._deferrals += 1
        try:
            yield
        finally:
            self._deferrals -= 1
        if self.received:
            self()

    @contextmanager
    def blocked_for_child(self) -> Iterator[None]:
        """Start the child with signals blocked until its handlers are installed."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


interrupt = SignalHandler()

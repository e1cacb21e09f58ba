"""Ctrl-C and its like: handled once, and never between a program's start and its being known."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from . import output

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = "interrupted: what was done stands; run the same command again to go on"
INTERRUPTED_RESTART = "interrupted: the same command begins anew"
INTERRUPTED_STATUS = 130  # as a shell reports SIGINT
CLOSED_PIPE_STATUS = 141  # as a shell reports SIGPIPE


class SignalHandler:
    """What the first SIGINT, SIGTERM or SIGHUP does: it raises KeyboardInterrupt. The rest cannot disturb the tidying up."""

    def __init__(self) -> None:
        self.came = self.raised = False
        self.held = self.recipes = 0

    def catch(self) -> None:
        """Handle the signals, but for those that the caller ignores, as nohup does, and let in what was kept waiting until now."""
        for number in SIGNALS:
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                signal.signal(number, self)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def __call__(self, *_: object) -> None:
        self.came = True
        if not self.held and not self.raised:
            self.raised = True
            if self.recipes:
                raise KeyboardInterrupt
            output.status(
                "invoke", INTERRUPTED, "failed"
            )  # between two recipes, Invoke would end without a word
            sys.exit(INTERRUPTED_STATUS)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Hold the signal back while the block does what must be done whole, and soon is; other threads get none."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1
        if self.came:
            self()

    @contextmanager
    def blocked_for_child(self) -> Iterator[None]:
        """Let the Invoke that the block starts keep the signals waiting until it can catch them: its imports would end in a traceback."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


interrupt = SignalHandler()

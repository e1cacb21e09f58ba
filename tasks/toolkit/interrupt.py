"""Ctrl-C and its like: handled once, and never between a program's start and its being known."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Interrupt:
    """What the first SIGINT, SIGTERM or SIGHUP does: it raises KeyboardInterrupt. The rest cannot disturb the tidying up."""

    def __init__(self) -> None:
        self.came = self.held = self.raised = False

    def catch(self) -> None:
        """Handle the signals, but for those that the caller ignores, as nohup does."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                signal.signal(number, self)

    def __call__(self, *_: object) -> None:
        self.came = True
        if not self.held and not self.raised:
            self.raised = True
            raise KeyboardInterrupt

    @contextmanager
    def later(self) -> Iterator[None]:
        """Hold the signal back while the block starts what must be known in order to be ended; other threads get none."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self.held = True
        try:
            yield
        finally:
            self.held = False
        if self.came:
            self()


interrupt = _Interrupt()

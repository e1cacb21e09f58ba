"""Show what is asked for and for how long, as soon as an answer takes over a second.

A terminal shows one line for all that is asked for, which goes away; elsewhere a line is printed
every REPEAT seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..core.invocation import current_step
from ..core.printable import one_line
from .status_lines import STEP_WIDTH, print_status
from .terminal import can_redraw, err, redrawn, screen, temporary_line
from .trace import recording_span

PATIENCE = 1.0  # seconds before something is shown
INTERVAL = 0.5  # seconds between two looks at what is asked for
REPEAT = 10.0  # seconds between two lines where nothing is redrawn


@dataclass(eq=False)
class _Request:
    what: str
    step: str = field(default_factory=current_step)
    started: float = field(default_factory=time.monotonic)


_waiting: dict[_Request, None] = {}  # in the order in which they began
_watcher: list[threading.Thread] = []
_begun = threading.Event()
_printed = [0.0]  # when the last line was printed


@contextmanager
def asking(what: str, in_trace: str = "") -> Iterator[None]:
    """Show `what` is asked for while the block runs, if that takes long.

    A trace has it as `in_trace`, if that says more.
    """
    request = _Request(what)
    with screen:
        _waiting[request] = None
        if not _watcher:
            _watcher.append(threading.Thread(target=_watch, daemon=True))
            _watcher[0].start()
    _begun.set()
    try:
        with recording_span(in_trace or what):
            yield
    finally:
        with screen:
            del _waiting[request]
            if not _waiting:
                _begun.clear()
                temporary_line.erase()


def _watch() -> None:
    while True:
        _begun.wait()
        with screen:
            late = _late()
            if late and not redrawn:
                _show(late)
        time.sleep(INTERVAL)


def _late() -> list[_Request]:
    """Return what has been asked for longer than PATIENCE."""
    latest = time.monotonic() - PATIENCE
    return [request for request in _waiting if request.started < latest]


def _show(late: list[_Request]) -> None:
    first = late[0]
    now = time.monotonic()
    seconds = now - first.started
    text = f"waiting for {one_line(first.what)}"
    if len(late) > 1:
        text += f" and {len(late) - 1} more"
    text += f", {seconds:.0f} s"
    if can_redraw(err):
        temporary_line.show(f"{first.step:<{STEP_WIDTH}} {text}")
    elif seconds >= REPEAT and now - _printed[0] >= REPEAT:
        _printed[0] = now
        print_status(text, "note", first.step)

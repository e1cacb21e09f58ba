"""Trace a command: record what it waits for, and draw that in a file at its end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..toolkit.console.trace import Span, start_recording
from ..toolkit.core.errors import BadInput

STEP = "trace"
START = "start"
OPTION = "--trace"
SUFFIX = ".svg"
SUCH_AS = f"for example {OPTION} trace{SUFFIX}"


def ensure_can_draw(name: str) -> None:
    """Refuse a file that a trace cannot be drawn in. Raises BadInput."""
    from .waterfall import START

    path = Path(name)
    what = f"{OPTION} {name}"
    if path.suffix != SUFFIX:
        raise BadInput(f"{what} is not an SVG", SUCH_AS)
    if not path.parent.is_dir():
        raise BadInput(f"{what}: there is no folder {path.parent}", "make it, or name another one")
    if not path.exists():
        if not os.access(path.parent, os.W_OK):
            raise BadInput(f"{what} cannot be written", "name a file in a folder of yours")
        return
    another = "name another file"
    if not path.is_file():
        raise BadInput(f"{what} is not a regular file", another)
    if not os.access(path, os.R_OK | os.W_OK):
        raise BadInput(f"{what} cannot be written", another)
    with path.open("rb") as stream:
        content = stream.read(len(START))
    if content not in (b"", START.encode()):
        raise BadInput(f"{what} exists, and is no trace", another)


@contextmanager
def tracing(name: str, tasks: Sequence[str]) -> Iterator[None]:
    """Draw a trace of the block, which runs `tasks`, in the file `name`, if there is one.

    However the block ends, what it did until then is drawn.
    """
    if not name:
        yield
        return
    path = Path(name).absolute()
    now = time.monotonic()
    start = now - _age_of_process()
    spans = start_recording()
    spans.append(Span("Python, and its imports", START, start, now))
    try:
        yield
    finally:
        _draw(path, " ".join(tasks), start, spans)


def _age_of_process() -> float:
    """Return for how many seconds this process has run, to a hundredth.

    https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: `starttime` is the 22nd field.
    """
    try:
        text = Path("/proc/self/stat").read_text(encoding="utf-8")
        _, _, after_name = text.rpartition(")")
        ticks = int(after_name.split()[19])
        started = ticks / os.sysconf("SC_CLK_TCK")
        return max(time.clock_gettime(time.CLOCK_BOOTTIME) - started, 0.0)
    except (OSError, AttributeError, ValueError, IndexError):  # macOS
        return time.process_time()


def _draw(path: Path, title: str, start: float, spans: Sequence[Span]) -> None:
    """Write the trace, and say so on stderr, never in a plan.

    A failure is only reported, since the command itself has its own exit code.
    """
    from ..toolkit.console.output import print_status
    from .waterfall import draw_waterfall

    text = draw_waterfall(title, start, time.monotonic(), list(spans))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        print_status(f"{path} was not written: {error.strerror}", "warning", STEP)
        return
    print_status(f"drawn in {path}", "note", STEP)

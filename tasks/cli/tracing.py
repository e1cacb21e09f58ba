"""Trace a command: record what it waits for, and draw that in a file at its end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..toolkit.console.output import status
from ..toolkit.console.trace import Span, start_recording
from ..toolkit.core.errors import BadInput
from ..toolkit.core.shell import join

STEP = "trace"


@contextmanager
def tracing(name: str, words: Sequence[str]) -> Iterator[None]:
    """Draw a trace of the block in the file `name`, if there is one. Raises BadInput."""
    if not name:
        yield
        return
    from .waterfall import draw_waterfall  # noqa: PLC0415 - only a trace needs it

    path = Path(name)
    now = time.monotonic()
    start = now - time.process_time()  # about when the interpreter was started
    spans = start_recording()
    spans.append(Span("python starts", STEP, start, now))
    _write(path, "")
    try:
        yield
    finally:
        text = draw_waterfall(join(["invoke", *words]), start, time.monotonic(), spans)
        _write(path, text)
        status(f"drawn in {path}", step=STEP)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"--trace {path}: {error.strerror}", "name a file to write") from error

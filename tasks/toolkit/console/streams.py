"""The three standard streams as every program may expect them: open, and able to print any text."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TextIO

from ..core.actions import runs_under_actions


def prepare_streams() -> None:
    """Open what the caller has closed, and let no character be one that cannot be printed.

    A closed descriptor would be that of the next file, such as a lock, and lost in each program.
    """
    descriptor = 0
    while descriptor <= 2:
        descriptor = os.open(os.devnull, os.O_RDWR)
    os.close(descriptor)
    sys.stdout = _printable(sys.stdout)
    sys.stderr = _printable(sys.stderr)
    if runs_under_actions():
        from .runner import guard_streams  # noqa: PLC0415 - only there

        guard_streams()


def _printable(stream: TextIO | None) -> TextIO:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - until the end
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


@contextmanager
def naming_stream(stream: IO[str]) -> Iterator[None]:
    """Let an error of the system name the stream that the block writes to, such as stdout."""
    try:
        yield
    except OSError as error:
        name = str(getattr(stream, "name", ""))
        error.filename = error.filename or name.strip("<>")
        raise


def write_unchanged(stream: IO[str], text: str) -> None:
    """Write text that another program reads: in UTF-8, whatever the stream's encoding is."""
    buffer = getattr(stream, "buffer", None)
    guard = getattr(stream, "guard", None)  # of a stream that the runner of Actions reads
    with naming_stream(stream):
        if text.isascii() or buffer is None:
            stream.write(text)
        else:
            stream.flush()
            text = guard(text) if guard else text
            buffer.write(text.encode(errors="surrogateescape"))
        stream.flush()


def discard_closed_streams() -> bool:
    """Redirect stdout and stderr to nowhere if their pipe is closed; return whether one was.

    Python would try to write again at its end:
    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    discarded = False
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            discarded = True
    return discarded

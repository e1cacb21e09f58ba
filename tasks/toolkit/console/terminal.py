"""What the two streams can show: their width, colours, marks, and a line that is redrawn."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from ..core.actions import runs_under_actions
from .streams import naming_stream, prepare_streams
from .styled import Text, is_taken_for_terminal

if TYPE_CHECKING:
    from rich.status import Status

    from .redrawn import RedrawingConsole

NARROW = 80
PIPE_WIDTH = 160  # rich assumes 80 columns for a pipe and breaks references in two
ASCII_MARKS = {"✓": "ok", "·": "-", "✗": "x", "→": ">", "█": "#"}
ERASE_LINE = "\r\x1b[K"


class Console:
    """A stream, `stdout` or `stderr`, to which text is printed with its styles."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._redrawing: RedrawingConsole | None = None

    @property
    def file(self) -> IO[str]:
        """The stream of this moment; while rich redraws lines, it puts its own in front of it."""
        stream = getattr(sys, self._name)
        file: IO[str] = getattr(stream, "rich_proxied_file", stream)
        return file

    @property
    def is_terminal(self) -> bool:
        """Whether the stream is a terminal, or is to be taken for one."""
        return is_taken_for_terminal(self.file)

    def print(self, text: Text | None = None) -> None:
        """Print text and the end of its line; an error names the stream."""
        text = text or Text()
        with naming_stream(self.file):
            if self._redrawing:
                from .redrawn import as_rich  # noqa: PLC0415 - it takes long

                self._redrawing.print(as_rich(text))
                return
            self.file.write(text.for_stream(self.file) + "\n")
            self.file.flush()

    def redrawing(self) -> RedrawingConsole:
        """Return what redraws lines on this stream."""
        from .redrawn import RedrawingConsole  # noqa: PLC0415 - it takes long

        if not self._redrawing:
            self._redrawing = RedrawingConsole(stderr=self._name == "stderr")
        return self._redrawing


prepare_streams()
out = Console("stdout")
err = Console("stderr")
redrawn: list[Status] = []  # what is on the terminal now and draws itself again
screen = threading.RLock()  # held by who writes on the terminal


def is_terminal(console: Console) -> bool:
    """Return whether a person sees the stream; FORCE_COLOR makes rich take a pipe for one."""
    return console.file.isatty()


def can_redraw(console: Console) -> bool:
    """Return whether the cursor may be moved: not on a dumb terminal, nor in the log of a CI."""
    is_dumb = os.environ.get("TERM", "").lower() in ("", "dumb", "unknown")
    is_ci = os.environ.get("CI", "").lower() not in ("", "0", "false")
    return is_terminal(console) and not is_dumb and not is_ci


def width_of(console: Console) -> int:
    """Return the columns of a stream: COLUMNS, those of the terminal, or PIPE_WIDTH."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    if not is_terminal(console):
        return PIPE_WIDTH
    try:
        columns = os.get_terminal_size(console.file.fileno()).columns
    except OSError:
        columns = 0
    return columns or NARROW  # a terminal may not know its size


def printable_mark(mark: str, console: Console) -> str:
    """Return a mark, or what stands for it where the encoding of a stream lacks it."""
    try:
        encoding = getattr(console.file, "encoding", None) or "utf-8"
        mark.encode(encoding)
    except (UnicodeError, LookupError):
        return ASCII_MARKS.get(mark, mark)
    return mark


class _Line:
    """A line on stderr that goes away: it is written over by the next one, or erased."""

    def __init__(self) -> None:
        self._is_shown = False

    def show(self, text: str) -> None:
        """Show a line, unless something else draws itself there."""
        with screen:
            if redrawn:
                return
            shown = text[: width_of(err) - 1]
            self._write(ERASE_LINE + shown)
            self._is_shown = True

    def erase(self) -> None:
        """Take the line away."""
        with screen:
            if self._is_shown:
                self._write(ERASE_LINE)
                self._is_shown = False

    def erase_typed(self) -> None:
        """Take away what the terminal shows of a key, such as `^C`."""
        with screen:
            if can_redraw(err) and not redrawn:  # which writes over its own line
                self._write(ERASE_LINE)

    def _write(self, text: str) -> None:
        stream: Any = sys.stderr
        try:
            stream.write(text)
            stream.flush()
        except OSError:  # nobody sees it any more
            return


temporary_line = _Line()


@contextmanager
def screen_to_itself() -> Iterator[None]:
    """Take what is redrawn off the terminal while the block writes to it."""
    with screen:
        temporary_line.erase()
        if runs_under_actions():
            from .runner_log import end_group  # noqa: PLC0415 - only there

            end_group()
        paused = list(redrawn)
        for status_line in reversed(paused):
            status_line.stop()
        try:
            yield
        finally:
            for status_line in paused:
                status_line.start()

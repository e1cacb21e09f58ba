"""GitHub's runner reads what is printed under Actions: commands to it, and no text that is one.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
It reads stdout and stderr at the same time, each line by line, and keeps no order between them. So
`stop-commands` on one would not hold for the other; each stream is guarded where it is written.
"""

from __future__ import annotations

import io
import os
import re
import stat
import sys
from base64 import b64encode
from typing import TextIO

from ..core.secret import TOKENS

# The runner ignores space before `::`, and finds `##[` anywhere in a line. See ActionCommand.cs.
BEGINNING = r"(?:\A|[\r\n])(?:[^\S\r\n]|\ufeff)*:(?=:)"
COMMAND = re.compile(rf"{BEGINNING}|##(?=\[)")
IN_DATA = "%\r\n"  # characters that the runner reads as escapes only
IN_PROPERTY = f"{IN_DATA}:,"
SHORTEST_SECRET = 8  # characters; a shorter mask would hide too much of the log

_announced: set[str] = set()


def without_commands(text: str) -> str:
    r"""Return lines of text with a `\` in what the runner would take for a command."""
    return COMMAND.sub(r"\g<0>\\", text)


class GuardedStream(io.TextIOWrapper):
    """A stream that the runner reads: no text that is written to it is a command."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        encoding = stream.encoding
        errors = stream.errors
        super().__init__(stream.detach(), encoding, errors, line_buffering=True)
        self._line = ""  # what is written of the current line

    def guard(self, text: str) -> str:
        r"""Return text that follows what was written; a `\` goes before the end of a command."""
        written = len(self._line)
        whole = without_commands(self._line + text)
        *_, self._line = re.split(r"[\r\n]", whole)
        return whole[written:]

    def write(self, text: str, /) -> int:
        """Write text in which there is no command."""
        super().write(self.guard(text))
        return len(text)

    def write_command(self, line: str) -> None:
        """Write a line that is a command."""
        if self._line:
            line = f"\n{line}"
        super().write(f"{line}\n")
        super().flush()
        self._line = ""


def guard_streams() -> None:
    """Guard stdout and stderr, and announce the tokens of the environment."""
    sys.stdout = _guarded(sys.stdout)
    sys.stderr = _guarded(sys.stderr)
    for name in TOKENS:
        announce_secret(os.environ.get(name, ""))


def _guarded(stream: TextIO) -> TextIO:
    """Return a stream with a guard, unless it is a file: the runner reads pipes."""
    if not isinstance(stream, io.TextIOWrapper) or stat.S_ISREG(_mode(stream)):
        return stream
    return GuardedStream(stream)


def _mode(stream: TextIO) -> int:
    return os.fstat(stream.fileno()).st_mode


def can_command() -> bool:
    """Return whether commands to the runner can be written, on stderr."""
    return isinstance(sys.stderr, GuardedStream)


def write_command(name: str, data: str = "", title: str = "") -> None:
    """Write a command to the runner on stderr: stdout may be a document or a plan."""
    if not isinstance(sys.stderr, GuardedStream):
        return
    if title:
        name = f"{name} title={_escape(title, IN_PROPERTY)}"
    sys.stderr.write_command(f"::{name}::{_escape(data, IN_DATA)}")


def _escape(text: str, characters: str) -> str:
    """Return text with these characters as the runner reads them: `%` comes first."""
    for character in characters:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def announce_secret(secret: str, user: str = "") -> None:
    """Let the runner mask a secret, each line of it, and with `user` what a registry is sent.

    Only a pipe gets it. A terminal, or a file, is read by nobody who would hide it.
    """
    if not can_command() or not stat.S_ISFIFO(_mode(sys.stderr)):
        return
    forms = secret.split()
    if user:
        login = f"{user}:{secret}"
        forms.append(b64encode(login.encode()).decode())
    for form in forms:
        if len(form) >= SHORTEST_SECRET and form not in _announced:
            _announced.add(form)
            write_command("add-mask", form)

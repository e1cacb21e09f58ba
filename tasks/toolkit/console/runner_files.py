"""The files that the runner reads after a step, named by its variables: the job summary, outputs.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path

from .output import status

SUMMARY = "GITHUB_STEP_SUMMARY"
OUTPUT = "GITHUB_OUTPUT"
LARGEST = 1_000_000  # bytes; the runner takes no summary over 1 MiB
FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def append_summary(parts: list[str]) -> None:
    """Append parts of Markdown to the job summary, as many as it may still hold."""
    room = LARGEST - _size(os.environ.get(SUMMARY, ""))
    text = ""
    for part in parts:
        longer = f"{text}{part}\n\n"
        if len(longer.encode()) > room:
            text += "The summary has no room for more: see the log.\n\n"
            break
        text = longer
    _append(SUMMARY, text)


def write_output(name: str, value: str) -> None:
    """Set an output of the step; the value is one line."""
    end = secrets.token_hex(16)
    _append(OUTPUT, f"{name}<<{end}\n{value}\n{end}\n")


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _append(variable: str, text: str) -> None:
    """Append to the file that a variable names. Where that fails, nothing else does."""
    path = os.environ.get(variable)
    if not path:
        return
    try:
        _append_to_file(path, text.encode(errors="backslashreplace"))
    except OSError as error:
        why = error.strerror or error
        status(f"could not write {variable}, {path}: {why}", "warning", step="runner")


def _append_to_file(path: str, content: bytes) -> None:
    descriptor = os.open(path, FLAGS, 0o600)
    with os.fdopen(descriptor, "ab", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a file")
        file.write(content)

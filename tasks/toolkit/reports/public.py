"""What may be posted of a command line and of an error: no input, no local path, no raw output."""

from __future__ import annotations

import re
import shlex
import tempfile
from pathlib import Path

from ..core.markdown import code

HIDDEN = "..."
PATH = "[path]"
MOST_CHARACTERS = 200  # of an error
SHOWN_WORD = re.compile(
    r"""
    -{1,2}[a-z][a-z-]*              # the name of an option
    | [a-z][a-z-]*(\.[a-z][a-z-]*)? # the name of a task
    | \#?\d{1,12}                   # the number of a pull request
    | v?\d+\.\d+[\w.+-]*            # a version or its tag
    | [0-9a-f]{7,40}                # a commit
    """,
    re.VERBOSE,
)
SHOWN_REF = re.compile(r"[A-Za-z0-9_][\w.+/-]*")
ABSOLUTE_PATH = re.compile(r"(?:file://|(?<![\w/.~-]))~?/(?!/)[^\s'\"`,;()<>|]+")


def public_command(typed: str) -> str:
    """Return a command with its tasks, versions and refs, and `...` for every other value."""
    shown = []
    option = ""
    for word in _split(typed):
        name, equals, value = word.partition("=")
        if equals and SHOWN_WORD.fullmatch(name) and name.startswith("--"):
            shown.append(f"{name}={_public_value(value, name)}")
        else:
            shown.append(_public_value(word, option))
        option = word
    return code(" ".join(shown))


def _split(typed: str) -> list[str]:
    try:
        return shlex.split(typed)
    except ValueError:  # not a command that was recorded here
        return [HIDDEN]


def _public_value(value: str, option: str) -> str:
    if SHOWN_WORD.fullmatch(value):
        return value
    if option in ("--ref", "--tag") and SHOWN_REF.fullmatch(value):
        return value
    return HIDDEN


def public_error(text: str, most: int = MOST_CHARACTERS) -> str:
    """Return one line of an error, with at most so many characters, without local folders."""
    for folder in (Path.cwd(), Path.home(), Path(tempfile.gettempdir())):
        if folder != folder.parent:
            text = text.replace(str(folder), "/local")
    line = ABSOLUTE_PATH.sub(PATH, " ".join(text.split()))
    if len(line) > most:
        line = f"{line[:most]} ..."
    return code(line)

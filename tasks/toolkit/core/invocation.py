"""How this process was started: by whom, and with which words."""

from __future__ import annotations

import getpass
import os
import re
import shlex
import sys


def typed_command() -> str:
    """Return the command that this process was started with, as it is typed."""
    words = (
        sys.argv[3:] if sys.argv[1:2] == ["--search-root"] else sys.argv[1:]
    )  # which the wrapper adds
    return shlex.join(["invoke", *words])


def current_user() -> str:
    """Return the user's name, or the number of one that has none, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


INVOKED_AS = shlex.quote(os.environ.get("INVOKED_AS") or "invoke")  # `inv` says how it was called


def as_invoked(text: str) -> str:
    """Return a text that names recipes to type, with what was typed this time in place of `invoke`."""
    return re.sub(r"\binvoke (?=(--dry )?[a-z])", lambda _: f"{INVOKED_AS} ", text)

"""This invocation: who started it, with which words, and which recipe runs now."""

from __future__ import annotations

import getpass
import os
import re
import shlex
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from .shell import join

CHECKOUT = Path(__file__).resolve().parents[3]  # the folder that holds `tasks`
# The wrapper `inv` says how it was called.
INVOKED_AS = shlex.quote(os.environ.get("INVOKED_AS") or "invoke")

_step: ContextVar[str] = ContextVar("step", default="invoke")


def current_step() -> str:
    """Return the recipe that runs now, such as `publish.push`; `invoke` between recipes."""
    return _step.get()


@contextmanager
def running_step(name: str) -> Iterator[None]:
    """Let `current_step` be `name` while the block runs."""
    token = _step.set(name)
    try:
        yield
    finally:
        _step.reset(token)


@cache
def invocation_id() -> str:
    """Return 12 hex digits that name this process: within it, monotonic times can be compared."""
    return uuid.uuid4().hex[:12]


def typed_command() -> str:
    """Return the command line of this process as the user typed it."""
    return join(["invoke", *_typed_words()])


def typed_with_option(option: str, tasks: Sequence[str]) -> str:
    """Return the typed command with an option for the first of `tasks` that is typed.

    Where none is, return that of the recipe that runs.
    """
    words = _typed_words()
    for number, word in enumerate(words):
        if word in tasks:
            return join(["invoke", *words[: number + 1], option, *words[number + 1 :]])
    return join(["invoke", current_step(), option])


def _typed_words() -> list[str]:
    words = sys.argv[1:]
    if words[:1] == ["--search-root"]:  # added by the wrapper, with its value
        words = words[2:]
    return words


def as_invoked(text: str) -> str:
    """Return `text` with the command that was typed, such as `./inv`, in place of `invoke`."""
    return re.sub(r"\binvoke (?=(--dry )?[a-z])", lambda _: f"{INVOKED_AS} ", text)


def current_user() -> str:
    """Return the user's name, or the user id where there is no name, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())

"""This invocation: who started it, with which words, and which recipe runs now."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from .actions import runs_under_actions
from .installation import CHECKOUT as CHECKOUT  # noqa: PLC0414 - others import it from here
from .installation import COMMAND, IS_INSTALLED, UVX
from .shell import join, quote

# The wrapper `inv` says how it was called, as does the installed command; nobody can type the path
# that it has in a job.
CALLED = "" if runs_under_actions() else os.environ.get("INVOKED_AS")
INVOKED_AS = UVX if CALLED == UVX else shlex.quote(CALLED or COMMAND)

# Commands in an advice that must name one of several charts.
NEEDS_CHART = (
    r"\binvoke (--dry )?(publish\.(package|push|alias|all|withdraw|restore)|workaround\.[a-z]+"
    r"|chart\.(template|diff|bump|try)|run\.[a-z]+"
    r"|support\.notify|prevention\.test-tag|recover(?=[^\n;,`]* --(app-)?version (?!next)))"
    r"(?![\w.-]| --chart)"
)

# Tasks that somebody has added to their own ones.
PREFIXED = (
    r"([\w.-]+\.)(?:(?:when|rollback|publish|workaround|verify|prevention|support|timeline|contact"
    r"|chart|run)\.[a-z-]+|recover|doctor|init|drill)"
)

_step: ContextVar[str] = ContextVar("step", default="invoke")
_chart: ContextVar[str] = ContextVar("chart", default="")
_completed: dict[str, list[str]] = {}  # what tasks chose by themselves, by their names


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


def current_chart() -> str:
    """Return the one of several charts that recipes work on; "" for the only one, or for all."""
    return _chart.get()


def choose_chart(name: str) -> None:
    """Let `current_chart` be `name` for the recipes that follow."""
    _chart.set(name)


@contextmanager
def working_on_chart(name: str) -> Iterator[None]:
    """Let `current_chart` be `name` while the block runs."""
    token = _chart.set(name)
    try:
        yield
    finally:
        _chart.reset(token)


@cache
def invocation_id() -> str:
    """Return 12 hex digits that name this process: within it, monotonic times can be compared."""
    return os.urandom(6).hex()


def typed_command() -> str:
    """Return the command line of this process as the user typed it, with what tasks chose."""
    words = ["invoke"]
    left = dict(_completed)
    for word in typed_words():
        words += [word, *left.pop(word, [])]
    return join(words)


def typed_words() -> Sequence[str]:
    """Return the words of the command line of this process, without its program.

    Somebody who added the tasks to their own ones types a prefix, which is left out.
    """
    words = sys.argv[1:]
    if IS_INSTALLED:
        return without_prefix(words)
    return words


def without_prefix(words: Sequence[str]) -> Sequence[str]:
    """Return words without the prefix of our tasks, such as that of `ours.rollback.revert`."""
    for word in words:
        found = re.fullmatch(PREFIXED, word)
        if found:
            return [typed.removeprefix(found[1]) for typed in words]
    return words


def complete_command(task: str, options: Sequence[str]) -> None:
    """Add to `typed_command` the options that a task chose by itself."""
    _completed[task] = list(options)


def tasks_follow(task: str) -> bool:
    """Return whether other tasks are typed after `task`, as far as words can be told apart."""
    words = typed_words()
    if task not in words:
        return False
    start = len(words) - list(words)[::-1].index(task)
    return _end_of_options(words, start) < len(words)


def typed_with_option(
    option: str,
    tasks: Sequence[str],
    value: str = "",
    default: str = "",
) -> str:
    """Return the typed command with an option for the first of `tasks` that is typed.

    Where none is, return that of the task `default`, or else of the recipe that runs.
    """
    added = [option, value] if value else [option]
    words = shlex.split(typed_command())
    for number, word in enumerate(words):
        if word in tasks:
            end = _end_of_options(words, number + 1)
            options = _without(option, words[number + 1 : end])
            return join([*words[: number + 1], *options, *added, *words[end:]])
    return join(["invoke", default or current_step(), *added])


def _end_of_options(words: Sequence[str], start: int) -> int:
    """Return where the next task begins, such as `publish.all`; a version begins with a digit."""
    for number, word in enumerate(words[start:], start):
        if re.fullmatch(r"[a-z]+\.[a-z-]+", word):
            return number
    return len(words)


def _without(option: str, options: Sequence[str]) -> list[str]:
    """Return options of a task without one of them, and its value."""
    text = re.sub(rf"(^| ){option}([ =](?!-)\S+)?(?= |$)", "", join(options))
    return shlex.split(text)


def as_invoked(text: str) -> str:
    """Return `text` with the command that was typed, such as `./inv`, in place of `invoke`.

    Its commands name the chart that is worked on, if that is one of several.
    """
    text = for_chart(text, current_chart())
    return re.sub(r"\binvoke (?=(--dry )?[a-z])", lambda _: f"{INVOKED_AS} ", text)


def for_chart(text: str, chart: str) -> str:
    """Return `text` with the chart, unless it is empty, in commands that must name one."""
    if not chart:
        return text
    option = f" --chart {quote(chart)}"
    return re.sub(NEEDS_CHART, lambda found: f"{found[0]}{option}", text)


def current_user() -> str:
    """Return the user's name, or the user id where there is no name, as in a container."""
    import getpass  # noqa: PLC0415 - only an incident and a lock have it

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())

"""The help of one task: what it does, its options, two examples, its exit codes."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable
from typing import Any

from invoke.parser.argument import Argument
from invoke.tasks import Task
from rich.text import Text

from ..toolkit.console import output
from ..toolkit.core.errors import BadInput
from ..toolkit.core.invocation import INVOKED_AS
from .catalogue import Catalogue
from .examples import EXAMPLES
from .line import EVERYWHERE
from .listing import print_list
from .nearest import either, nearest

WIDTH = 80
DRY = "--dry"
Row = tuple[str, str]

WRONG_INPUT = ("2", "wrong input or settings")
OF_TRIGGERS: tuple[Row, ...] = (
    ("0", "clear: no trigger fired"),
    ("1", "a trigger fired: roll back"),
    WRONG_INPUT,
    ("3", "could not tell: a program or a service failed"),
)
OF_ACTS: tuple[Row, ...] = (
    ("0", "done, or already done"),
    ("1", "a step was refused and changed nothing, or a check failed"),
    WRONG_INPUT,
    ("3", "a program or a service failed"),
    ("130", "interrupted: re-run the same command to resume"),
)
OF_CHECKS: tuple[Row, ...] = (
    ("0", "passed, or shown"),
    ("1", "a check failed"),
    WRONG_INPUT,
    ("3", "a program or a service failed, or a check could not look"),
)


def print_topic(catalogue: Catalogue, topic: str) -> None:
    """Print the help of a task, or the tasks of a section. Raises BadInput."""
    if topic in catalogue.sections:
        print_list(catalogue, topic)
        return
    if topic not in catalogue.contexts:
        what = f"{topic!r} is not known"
        names = nearest(topic, [*catalogue.contexts, *catalogue.sections])
        if names:
            raise BadInput(f"{what}; did you mean {either(names)}?")
        raise BadInput(what, f"{INVOKED_AS} --list shows all tasks")
    arguments = catalogue.contexts[topic].args.values()
    _print_task_help(topic, catalogue.task(topic), list(arguments))


def _print_task_help(name: str, task: Task[Any], arguments: list[Argument]) -> None:
    print_lines(_usage(name, arguments))
    output.out.print()
    print_lines(_description(task))
    options = [(_specification(argument), _option_help(argument)) for argument in arguments]
    if getattr(task, "acts", False):
        options.append((DRY, EVERYWHERE[DRY]))
    if options:
        _print_rows("Options", options)
    output.out.print()
    output.out.print(Text("Examples", "bold"))
    for example in EXAMPLES.get(name, ()):
        output.out.print(Text(f"  {INVOKED_AS} {example}", "cyan"))
    _print_rows("Exit codes", exit_codes(name, task))


def _usage(name: str, arguments: Iterable[Argument]) -> list[str]:
    words = [_in_brackets(argument) for argument in arguments]
    start = f"Usage: {INVOKED_AS} {name} "
    return _wrapped(start, words, " " * 7)


def _wrapped(start: str, words: Iterable[str], indent: str) -> list[str]:
    """Return lines of whole words: an option stays beside its value."""
    lines = [start]
    for word in words:
        if len(lines[-1]) + len(word) > WIDTH:
            lines.append(indent)
        lines[-1] += f"{word} "
    return [line.rstrip() for line in lines]


def _in_brackets(argument: Argument) -> str:
    text = _specification(argument)
    return text if argument.positional else f"[{text}]"


def _specification(argument: Argument) -> str:
    name = argument.names[0]
    if not argument.takes_value:
        return f"--{name}"
    value = name.rpartition("-")[2].upper()
    return f"--{name} {value}"


def _option_help(argument: Argument) -> str:
    text = argument.help or ""
    if argument.positional:
        return f"{text} (required)"
    if argument.default and "default" not in text:
        return f"{text}; default: {argument.default}"
    return text


def _description(task: Task[Any]) -> list[str]:
    lines = []
    for line in inspect.cleandoc(task.__doc__ or "").splitlines():
        lines += textwrap.wrap(line, WIDTH, break_on_hyphens=False) or [""]
    return lines


def exit_codes(name: str, task: Task[Any]) -> tuple[Row, ...]:
    """Return the exit codes that a task can have, with their meanings."""
    if name.startswith("when."):
        return OF_TRIGGERS
    return OF_ACTS if getattr(task, "acts", False) else OF_CHECKS


def _print_rows(heading: str, rows: Iterable[Row]) -> None:
    rows = list(rows)
    width = max(len(first) for first, _ in rows) + 4
    output.out.print()
    output.out.print(Text(heading, "bold"))
    for first, text in rows:
        start = f"  {first}".ljust(width)
        print_lines(
            textwrap.wrap(
                text,
                WIDTH,
                initial_indent=start,
                subsequent_indent=" " * width,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )


def print_lines(lines: Iterable[str]) -> None:
    """Print lines as they are."""
    for line in lines:
        output.out.print(Text(line))

"""The help of one task: what it does, its options, two examples, its exit codes."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from invoke.parser.argument import Argument
from invoke.tasks import Task

from ..toolkit.console import output
from ..toolkit.console.styled import Text
from ..toolkit.console.terminal import width_of
from ..toolkit.core.invocation import INVOKED_AS
from ..toolkit.core.options import rules_of
from .catalogue import Catalogue
from .examples import EXAMPLES
from .line import EVERYWHERE
from .listing import print_list
from .refusals import unknown_name

MOST_COLUMNS = 100  # a longer line is hard to follow
USAGE_INDENT = " " * 7
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
OF_INIT: tuple[Row, ...] = (
    ("0", "the settings are written, or the recipes copied, and everything is ready"),
    ("1", "a step was refused and changed nothing, or a check of doctor failed"),
    WRONG_INPUT,
    ("3", "a program or a service failed, or a check of doctor could not look"),
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
    context = catalogue.contexts.get(topic)
    if context is None:
        names = [*catalogue.contexts, *catalogue.sections]
        raise unknown_name(topic, names)
    task = catalogue.task(topic)
    arguments = list(context.args.values())
    _print_task_help(topic, task, arguments)


def _print_task_help(name: str, task: Task[Any], arguments: list[Argument]) -> None:
    _print_lines(_usage(name, arguments))
    output.out.print()
    _print_lines(_description(task))
    options = []
    for argument in arguments:
        row = (_specification(argument), _option_help(argument))
        options.append(row)
    if rules_of(task).acts:
        options.append((DRY, EVERYWHERE[DRY]))
    if options:
        _print_rows("Options", options)
    _print_heading("Examples")
    for example in EXAMPLES.get(name, ()):
        line = f"  {INVOKED_AS} {example}"
        output.out.print(Text(line, "cyan"))
    codes = exit_codes(name, task)
    _print_rows("Exit codes", codes)


def _usage(name: str, arguments: Sequence[Argument]) -> list[str]:
    """Return lines of whole words: an option stays beside its value.

    Several values that are required can be typed without their options.
    """
    lines = [f"Usage: {INVOKED_AS} {name}"]
    required = [argument for argument in arguments if argument.positional]
    for argument in arguments:
        word = _specification(argument)
        if not argument.positional:
            word = f"[{word}]"
        elif len(required) > 1:
            _, _, word = word.partition(" ")
        line = f"{lines[-1]} {word}"
        if len(line) > _width():
            lines.append(f"{USAGE_INDENT}{word}")
        else:
            lines[-1] = line
    return lines


def _specification(argument: Argument) -> str:
    """Return the option as it is typed, its value in capital letters."""
    name = argument.names[0]
    if not argument.takes_value:
        return f"--{name}"
    _, _, value = name.rpartition("-")
    return f"--{name} {value.upper()}"


def _option_help(argument: Argument) -> str:
    """Return what the option does, and its default, which the text may name itself."""
    text = argument.help or ""
    if argument.positional:
        return f"{text} (required)"
    if argument.default and "default" not in text:
        return f"{text}; default: {argument.default}"
    return text


def _description(task: Task[Any]) -> list[str]:
    text = inspect.cleandoc(task.__doc__ or "")
    text = re.sub(r"(?<=\S)\n(?=[^\n-])", " ", text)  # a paragraph is one line, as is an item
    lines = []
    for line in text.splitlines():
        wrapped = textwrap.wrap(line, _width(), break_on_hyphens=False)
        lines += wrapped or [""]
    return lines


def exit_codes(name: str, task: Task[Any]) -> tuple[Row, ...]:
    """Return the exit codes that a task can have, with their meanings."""
    if name.startswith("when."):
        return OF_TRIGGERS
    if name == "init":
        return OF_INIT
    if rules_of(task).acts:
        return OF_ACTS
    return OF_CHECKS


def _print_heading(heading: str) -> None:
    output.out.print()
    output.out.print(Text(heading, "bold"))


def _print_rows(heading: str, rows: Iterable[Row]) -> None:
    """Print rows in two columns, below a heading."""
    rows = list(rows)
    longest = max(len(first) for first, _ in rows)
    width = longest + 4
    _print_heading(heading)
    for first, text in rows:
        start = f"  {first}"
        lines = textwrap.wrap(
            text,
            _width(),
            initial_indent=start.ljust(width),
            subsequent_indent=" " * width,
            break_long_words=False,
            break_on_hyphens=False,
        )
        _print_lines(lines or [start])


def _width() -> int:
    return min(width_of(output.out), MOST_COLUMNS)


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        output.out.print(Text(line))

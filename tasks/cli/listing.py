"""The list of tasks: the verbs that people need, then the runbook's sections in its order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from textwrap import shorten
from typing import Any

from invoke.tasks import Task

from ..toolkit.console import output
from ..toolkit.console.styled import Text
from ..toolkit.console.terminal import width_of
from ..toolkit.core.errors import BadInput
from ..toolkit.core.invocation import INVOKED_AS
from .catalogue import Catalogue
from .nearest import did_you_mean, either, nearest

# The verbs that people need, and the tasks of those who change the recipes.
VERBS = ("when.check", "recover", "doctor", "init", "drill")
DEVELOPMENT = "Development"
SHORTCUTS = "Local shortcuts"
RUNBOOK = (
    "when",
    "rollback",
    "publish",
    "workaround",
    "verify",
    "prevention",
    "support",
    "timeline",
    "contact",
)
MOST_COLUMNS = 140  # a longer line is hard to follow
GAP = 2
CLAUSE_ENDS = (r"(?<!\d)[:;] ", r", (?=and |in |so )")  # the better ones first

Heading = tuple[str, list[str]]


def print_list(catalogue: Catalogue, topic: str = "") -> None:
    """Print all tasks, or those of one section. Raises BadInput."""
    if topic:
        heading = section_heading(catalogue, topic)
        _print_headings(catalogue, [heading])
        _print_default(catalogue, topic)
    else:
        headings = list(table_of_contents(catalogue))
        _print_headings(catalogue, headings)


def _print_headings(catalogue: Catalogue, headings: Sequence[Heading]) -> None:
    """Print headings and their tasks, with the names in a column."""
    longest = 0
    for _, tasks in headings:
        longest = max(longest, *map(len, tasks))
    for number, (heading, tasks) in enumerate(headings):
        if number:
            output.out.print()
        output.out.print(Text(heading, "bold"))
        for name in tasks:
            task = catalogue.task(name)
            _print_task(name, task, longest + GAP)


def _print_default(catalogue: Catalogue, section: str) -> None:
    """Print which task the section's name runs, if any."""
    default = catalogue.sections[section].default
    if default:
        command = f"{INVOKED_AS} {section}"
        output.out.print()
        output.out.print(Text(f"{command} is {command}.{default}"))


def table_of_contents(catalogue: Catalogue) -> Iterator[Heading]:
    """Yield each heading with the names of its tasks."""
    verbs = [name for name in VERBS if name in catalogue.names]
    yield "What you need first", verbs
    for section in RUNBOOK:
        yield section_heading(catalogue, section)
    shortcuts = []
    for section in catalogue.sections:
        if section not in RUNBOOK:
            _, tasks = section_heading(catalogue, section)
            shortcuts += tasks
    if shortcuts:
        yield SHORTCUTS, shortcuts
    others = [name for name in catalogue.root if name not in verbs]
    yield DEVELOPMENT, others


def section_heading(catalogue: Catalogue, section: str) -> Heading:
    """Return the heading of a section, and its tasks. Raises BadInput."""
    found = catalogue.sections.get(section)
    if found is None:
        raise _unknown_section(catalogue, section)
    heading = found.__doc__ or section
    tasks = [f"{section}.{name}" for name in found.tasks]
    return heading.strip().rstrip("."), tasks


def _unknown_section(catalogue: Catalogue, topic: str) -> BadInput:
    sections = list(catalogue.sections)
    what = f"{topic!r} is not a section"
    if topic in catalogue.names:
        advice = f"{INVOKED_AS} --help {topic} explains the task"
        return BadInput(what, advice)
    names = nearest(topic, sections)
    if names:
        return did_you_mean(what, names)
    advice = f"choose {either(sections)}"
    return BadInput(what, advice)


def summary(task: Task[Any]) -> str:
    """Return the first line of what the task says of itself."""
    text = task.__doc__ or ""
    line, _, _ = text.strip().partition("\n")
    return line.rstrip(".")


def shortened(text: str, room: int) -> str:
    """Return a text that fits: up to where a clause ends, or else whole words."""
    if len(text) <= room:
        return text
    for end in CLAUSE_ENDS:
        places = [found.start() for found in re.finditer(end, text)]
        fitting = [place for place in places if place <= room]
        if fitting:
            return text[: max(fitting)]
    return shorten(text, room, placeholder=" ...")


def _print_task(name: str, task: Task[Any], width: int) -> None:
    """Print a task in one line, which is cut at a word."""
    columns = min(width_of(output.out), MOST_COLUMNS)
    room = max(columns - width - GAP, GAP)
    text = shortened(summary(task), room)
    indent = " " * GAP
    column = name.ljust(width)
    line = Text.assemble(indent, (column, "cyan"), text)
    output.out.print(line)

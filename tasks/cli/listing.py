"""The list of tasks: the verbs that people need, then the runbook's sections in its order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import shorten
from typing import Any

from invoke.tasks import Task
from rich.text import Text

from ..toolkit.console import output
from ..toolkit.core.errors import BadInput
from ..toolkit.core.invocation import INVOKED_AS
from .catalogue import Catalogue
from .nearest import either, nearest

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

Heading = tuple[str, list[str]]


def print_list(catalogue: Catalogue, topic: str = "") -> None:
    """Print all tasks, or those of one section. Raises BadInput."""
    headings = list(table_of_contents(catalogue))
    if topic:
        headings = [section_heading(catalogue, topic)]
    names = [name for _, tasks in headings for name in tasks]
    width = max(map(len, names)) + GAP
    for number, (heading, tasks) in enumerate(headings):
        if number:
            output.out.print()
        output.out.print(Text(heading, "bold"))
        for name in tasks:
            _print_task(name, catalogue.task(name), width)
    default = catalogue.sections[topic].default if topic else None
    if default:
        output.out.print()
        output.out.print(Text(f"{INVOKED_AS} {topic} is {INVOKED_AS} {topic}.{default}"))


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
    yield DEVELOPMENT, [name for name in catalogue.root if name not in verbs]


def section_heading(catalogue: Catalogue, section: str) -> Heading:
    """Return the heading of a section, and its tasks. Raises BadInput."""
    found = catalogue.sections.get(section)
    if found is None:
        raise _unknown_section(catalogue, section)
    heading = (found.__doc__ or section).strip().rstrip(".")
    return heading, [f"{section}.{name}" for name in found.tasks]


def _unknown_section(catalogue: Catalogue, topic: str) -> BadInput:
    sections = list(catalogue.sections)
    what = f"{topic!r} is not a section"
    if topic in catalogue.names:
        return BadInput(what, f"{INVOKED_AS} --help {topic} explains the task")
    names: Sequence[str] = nearest(topic, sections)
    if names:
        return BadInput(f"{what}; did you mean {either(names)}?")
    return BadInput(what, f"choose {either(sections)}")


def summary(task: Task[Any]) -> str:
    """Return the first line of what the task says of itself."""
    lines = (task.__doc__ or "").strip().splitlines() or [""]
    return lines[0].rstrip(".")


def _print_task(name: str, task: Task[Any], width: int) -> None:
    room = min(output.out.width, MOST_COLUMNS) - width - GAP
    text = shorten(summary(task), max(room, GAP), placeholder=" ...")
    indent = " " * GAP
    output.out.print(Text.assemble(indent, (f"{name:<{width}}", "cyan"), text))

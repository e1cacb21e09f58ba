"""The runbook's lines and the tasks, one to one.

`python -m tests.test_runbook` writes the table of them in docs/runbook.md.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from invoke.tasks import Task

import tasks

PROJECT = Path(__file__).parents[1]
SHARED = PROJECT.parent / "shared" / "ROLLBACK.md"
COPY = Path(__file__).with_name("runbook.md")
PAGE = PROJECT / "docs/runbook.md"
BEGIN = "<!-- the table is written by python -m tests.test_runbook -->\n"
END = "<!-- end of the table -->\n"
EXPLAINED_ONCE = {"chart", "json", "wait"}  # options of many tasks
SECTIONS = [
    tasks.when,
    tasks.rollback,
    tasks.publish,
    tasks.workaround,
    tasks.verify,
    tasks.prevention,
    tasks.support,
    tasks.timeline,
    tasks.contact,
]
LOCAL = [tasks.chart, tasks.run]  # no part of the runbook
ROOT = {  # typed without a section, with their headings
    tasks.shortcuts.recovery: "All of it",
    tasks.shortcuts.setting_up: "Getting ready",
    tasks.shortcuts.practice: "Practice",
}


@dataclass
class Section:
    """A section of the runbook: its lines (numbered, bullets, comments in code), its commands."""

    lines: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)


def plain(text: str) -> str:
    """Return the words alone, without Markdown's marks."""
    return " ".join(re.sub(r"[`*]", "", text).split()).lower()


def read_runbook(file: Path) -> dict[str, Section]:
    """Return the sections that say what to do, by heading; a subsection's has both headings."""
    found: dict[str, Section] = {}
    section = Section()
    chapter = ""
    is_code = False
    for line in file.read_text(encoding="utf-8").splitlines():
        heading = re.match(r"(##+) (.+)", line)
        instruction = re.match(r"# (.+)" if is_code else r"(?:\d+\. |- )(.+)", line)
        if heading:
            title = heading[2]
            if heading[1] == "##":
                chapter = title
            else:
                title = f"{chapter}: {title}"
            section = found.setdefault(title, Section())
        elif line.startswith("```"):
            is_code = not is_code
        elif instruction:
            section.lines.append(plain(instruction[1]))
        elif is_code and line:
            section.commands.append(plain(line))
    return {title: part for title, part in found.items() if part.lines or part.commands}


def heading_of(module: ModuleType) -> str:
    """Return the runbook's heading, which is the docstring of the section's module."""
    return (module.__doc__ or "").strip().rstrip(".")


def tasks_of(module: ModuleType) -> dict[str, Task[Any]]:
    """Return the tasks of a module by the name that is typed, in the order of the source."""
    found = {name: task for name, task in vars(module).items() if isinstance(task, Task)}
    ordered = sorted(found.items(), key=lambda item: _first_line(item[1]))
    return {(task.name or name).replace("_", "-"): task for name, task in ordered}


def _first_line(task: Task[Any]) -> int:
    return int(inspect.unwrap(task.body).__code__.co_firstlineno)


# The table


def table() -> str:
    """Return the table: the tasks of each section in their order, with their lines."""
    rows = ["| section | what it does | type |", "| --- | --- | --- |"]
    for module in [*SECTIONS, *LOCAL, *ROOT]:
        is_root = module in ROOT
        heading = ROOT.get(module, "") if is_root else heading_of(module)
        prefix = "" if is_root else module.__name__.rpartition(".")[2]
        for name, task in tasks_of(module).items():
            description = (task.__doc__ or "").strip().splitlines()[0].rstrip(".")
            escaped = description.replace("|", "&#124;")
            rows.append(f"| {heading} | {escaped} | {_usage(prefix, name, task)} |")
            heading = ""
    return "\n".join(rows) + "\n"


def _usage(prefix: str, name: str, task: Task[Any]) -> str:
    arguments = [one for one in task.get_arguments() if one.name not in EXPLAINED_ONCE]
    words = [f"{prefix}.{name}".lstrip("."), *map(_option, arguments)]
    usage = f"`{' '.join(words)}`"
    return f"{usage}, or `{prefix}`" if task.is_default else usage


def _option(argument: Any) -> str:
    name = argument.name.strip("_").replace("_", "-")
    option = f"--{name}" if argument.kind is bool else f"--{name} {name.upper()}"
    return option if argument.positional else f"[{option}]"


# The tests


def test_every_section_has_its_module_in_the_runbooks_order() -> None:
    assert [heading_of(module) for module in SECTIONS] == list(read_runbook(COPY))


@pytest.mark.parametrize("module", SECTIONS, ids=lambda module: module.__name__)
def test_every_line_has_its_task_in_the_runbooks_order(module: ModuleType) -> None:
    lines = read_runbook(COPY)[heading_of(module)].lines
    docstrings = [plain(task.__doc__ or "") for task in tasks_of(module).values()]
    positions = []
    for line in lines:
        carried_out_by = [number for number, text in enumerate(docstrings) if line in text]
        assert carried_out_by, line
        positions.append(carried_out_by[0])
    assert positions == sorted(positions)


@pytest.mark.parametrize("module", SECTIONS, ids=lambda module: module.__name__)
def test_every_command_of_the_runbook_is_named(module: ModuleType) -> None:
    docstrings = " ".join(plain(task.__doc__ or "") for task in tasks_of(module).values())
    for command in read_runbook(COPY)[heading_of(module)].commands:
        program, *_ = command.split()
        assert program in docstrings, command


@pytest.mark.skipif(not SHARED.is_file(), reason="the runbook itself is not here")
def test_the_copy_of_the_runbooks_lines_is_true_to_it() -> None:
    assert read_runbook(COPY) == read_runbook(SHARED)


def test_the_table_is_written_from_the_tasks() -> None:
    written = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert written == table(), "python -m tests.test_runbook writes it"


if __name__ == "__main__":
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}{table()}{END}{after}", encoding="utf-8")

"""The runbook's lines and the recipes, one to one; `python -m tests.test_runbook` writes README's table of them."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from invoke.tasks import Task

import tasks

PROJECT = Path(__file__).parents[1]
SHARED, COPY = PROJECT.parent / "shared" / "ROLLBACK.md", Path(__file__).with_name("runbook.md")
RUNBOOK = (SHARED if SHARED.is_file() else COPY).read_text(encoding="utf-8")
README = PROJECT / "README.md"
BEGIN, END = (
    "<!-- the table is written by python -m tests.test_runbook -->\n",
    "<!-- end of the table -->\n",
)
EVERYWHERE = {"wait"}  # options that README explains once
MODULES = [
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


def plain(text: str) -> str:
    """Return the words alone, without Markdown's marks."""
    return " ".join(re.sub(r"[`*]", "", text).split()).lower()


def sections(runbook: str) -> dict[str, tuple[list[str], list[str]]]:
    """Return, by heading, the lines that say what to do (numbered, bullets, comments in code), and the commands."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    chapter, code = "", False
    for line in runbook.splitlines():
        if heading := re.match(r"(##+) (.+)", line):
            chapter = heading[2] if heading[1] == "##" else chapter
            found[heading[2] if heading[1] == "##" else f"{chapter}: {heading[2]}"] = ([], [])
        elif line.startswith("```"):
            code = not code
        elif said := re.match(r"# (.+)" if code else r"(?:\d+\. |- )(.+)", line):
            list(found.values())[-1][0].append(plain(said[1]))
        elif code and line:
            list(found.values())[-1][1].append(plain(line))
    return {heading: told for heading, told in found.items() if any(told)}


def recipes(module: ModuleType) -> list[tuple[str, Task[Any]]]:
    """Return the module's tasks with their names, in the order in which they are written."""
    found = {name: task for name, task in vars(module).items() if isinstance(task, Task)}
    order = sorted(
        found.values(), key=lambda task: inspect.unwrap(task.body).__code__.co_firstlineno
    )
    names = {task: (task.name or name).replace("_", "-") for name, task in found.items()}
    return [(names[task], task) for task in order]


def table() -> str:
    """Return README's table: of each section the recipes in their order, with the line that each carries out."""
    rows = ["| section | what it does | type |", "| --- | --- | --- |"]
    for module in [*MODULES, tasks.shortcuts]:
        heading = plain_heading(module) if module is not tasks.shortcuts else "All of it"
        for name, task in recipes(module):
            short = module.__name__.rpartition(".")[2]
            full = name if module is tasks.shortcuts else f"{short}.{name}"
            typed = " ".join(
                [
                    full,
                    *(
                        option(argument)
                        for argument in task.get_arguments()
                        if argument.name not in EVERYWHERE
                    ),
                ]
            )
            also = f", or `{short}`" * task.is_default
            rows.append(
                f"| {heading} | {(task.__doc__ or '').strip().splitlines()[0].rstrip('.').replace('|', '&#124;')} | `{typed}`{also} |"
            )
            heading = ""
    return "\n".join(rows) + "\n"


def option(argument: Any) -> str:
    word = f"--{argument.name.replace('_', '-')}" + (
        "" if argument.kind is bool else f" {argument.name.upper().replace('_', '-')}"
    )
    return word if argument.positional else f"[{word}]"


def plain_heading(module: ModuleType) -> str:
    return (module.__doc__ or "").strip().rstrip(".")


def test_every_section_has_its_module_in_the_runbooks_order() -> None:
    assert [plain_heading(module) for module in MODULES] == list(sections(RUNBOOK))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_line_has_its_task_in_the_runbooks_order_and_every_command_is_named(
    module: ModuleType,
) -> None:
    lines, commands = sections(RUNBOOK)[plain_heading(module)]
    told = [plain(task.__doc__ or "") for _, task in recipes(module)]
    doing = [
        next((number for number, text in enumerate(told) if line in text), None) for line in lines
    ]
    assert None not in doing, dict(zip(lines, doing, strict=True))
    assert doing == sorted(number for number in doing if number is not None)
    together = " ".join(told)
    assert [
        command
        for command in commands
        if " ".join(command.split()[:2]) not in together and command.split()[0] not in together
    ] == []


def test_the_copy_of_the_runbooks_lines_is_true_to_it() -> None:
    assert sections(COPY.read_text(encoding="utf-8")) == sections(RUNBOOK)


def test_readmes_table_is_written_from_the_recipes() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0] == table(), (
        "python -m tests.test_runbook writes it"
    )


if __name__ == "__main__":
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    README.write_text(f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}", encoding="utf-8")

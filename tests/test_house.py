"""The house: who may import whom, and how large a room may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import PROJECT

TASKS = PROJECT / "tasks"
SECTIONS = {file.stem for file in TASKS.glob("*.py")} - {"__init__", "shortcuts"}


def imported(file: Path) -> Iterator[str]:
    """Yield the full name of every module of `tasks` that `file` imports."""
    package = list(file.relative_to(PROJECT).with_suffix("").parts[:-1])
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            for alias in node.names:
                yield ".".join([*base, *filter(None, [node.module]), alias.name])


@pytest.mark.parametrize(
    "file", sorted(TASKS.rglob("*.py")), ids=lambda file: str(file.relative_to(TASKS))
)
def test_each_room_keeps_to_its_floor_and_to_its_size(file: Path) -> None:
    text, room = file.read_text(), file.relative_to(TASKS)
    assert text.count("\n") < 330  # until the modules are divided
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= 75] == []
    floors = {
        name.split(".")[1]
        for name in imported(file)
        if name.startswith("tasks.") and name.count(".") > 1
    }
    if room.parts[0] in ("toolkit", "sandbox"):
        assert floors <= {room.parts[0]}
    elif room.stem in SECTIONS:
        assert floors <= {"toolkit"}

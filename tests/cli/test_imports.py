"""What a command imports: no more than it needs, since each import delays its start."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ..conftest import PROJECT

# What Invoke imports itself does not count: yaml, ssl, importlib.metadata among others.
SHOW_IMPORTS = """
import json, sys
import invoke.main
before = set(sys.modules)
sys.argv[0] = "invoke"
if {is_ours}:
    from tasks.cli.program import main
else:
    from invoke.main import program
    main = program.run
try:
    main()
finally:
    print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr)
"""
LATE = ("dotenv", "http", "rich", "semver", "tomllib", "urllib3", "urllib.request", "uuid")
HELP = ("tasks.sandbox", "tasks.sandbox.option_help")  # the texts of options
ROOMS = ("clients", "workflows", "recovery", "reports", "diagnosis")
LARGE = (*LATE, "tasks.sandbox", *(f"tasks.toolkit.{room}" for room in ROOMS))


def imported(line: str, folder: Path = PROJECT, *, is_ours: bool = True) -> list[str]:
    """Run a command; return the modules that it imports beside those of Invoke."""
    ended = subprocess.run(
        [sys.executable, "-c", SHOW_IMPORTS.format(is_ours=is_ours), *line.split()],
        cwd=folder,
        env={"PYTHONPATH": str(PROJECT), "PATH": "/usr/bin:/bin", "ENV_FILE": "/dev/null"},
        capture_output=True,
        text=True,
        check=True,
    )
    *_, last = ended.stderr.splitlines()
    modules: list[str] = json.loads(last)
    assert "tasks.rollback" in modules
    return modules


def among(modules: list[str], names: tuple[str, ...]) -> list[str]:
    """Return those of the modules that are one of the names, or inside one."""
    starts = tuple(f"{name}." for name in names)
    return [name for name in modules if f"{name}.".startswith(starts) and name not in HELP]


@pytest.mark.parametrize(
    "line",
    [
        "--list",
        "--list publish",
        "--help",
        "rollback.revert --help",
        "when.check --help",
        "--completion fish",
    ],
)
def test_what_answers_a_question_imports_nothing_that_a_task_needs(line: str) -> None:
    assert among(imported(line), LARGE) == []


def test_plain_invoke_lists_the_tasks_as_quickly() -> None:
    modules = imported("--list", is_ours=False)
    assert among(modules, (*LARGE, "tasks.cli", "tasks.toolkit.console.output")) == []


def test_a_task_imports_what_it_needs_itself(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    modules = imported("timeline.history", tmp_path)
    assert "tasks.toolkit.reports.timeline" in modules
    others = [f"tasks.toolkit.{room}" for room in ("recovery", "diagnosis", "workflows")]
    assert among(modules, ("rich", "tasks.sandbox", *others)) == []

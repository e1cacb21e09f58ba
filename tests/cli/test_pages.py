"""The start page, the list and the help: what they show, and that they fit."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import tasks
from tasks.cli.catalogue import Catalogue
from tasks.cli.examples import EXAMPLES
from tasks.cli.line import read_line
from tasks.cli.listing import RUNBOOK, shortened

from ..conftest import PROJECT
from ..test_runbook import SECTIONS, heading_of
from ..toolkit.console.conftest import on_terminal
from .typed import inv

CATALOGUE = Catalogue(tasks.ns)


def test_the_start_page_is_short_and_names_what_to_type_first() -> None:
    page = inv("").stdout
    assert page.count("\n") <= 15
    for words in ("when.check", "recover", "drill", "doctor", "--list"):
        assert f"invoke {words}" in page
    assert inv("help").stdout == inv("-h").stdout
    assert inv("help").stdout.startswith(page)


def test_the_list_has_the_runbooks_headings_in_order_with_one_line_a_task() -> None:
    lines = inv("--list").stdout.splitlines()
    headings = [line for line in lines if line and not line.startswith(" ")]
    runbook = [heading_of(module) for module in SECTIONS]
    assert headings == ["What you need first", *runbook, "Local shortcuts", "Development"]
    assert list(RUNBOOK) == [module.__name__.rpartition(".")[2] for module in SECTIONS]
    names = [line.split()[0] for line in lines if line.startswith(" ")]
    assert names[:2] == ["when.check", "recover"]
    assert set(names) == set(CATALOGUE.names)


def test_a_line_that_is_too_long_ends_with_a_clause_or_a_whole_word() -> None:
    text = "Option 1: Recover a chart, in one command: revert, merge; re-run to resume"
    assert shortened(text, 80) == text
    assert shortened(text, 70) == "Option 1: Recover a chart, in one command: revert, merge"
    assert shortened(text, 50) == "Option 1: Recover a chart, in one command"
    assert shortened(text, 30) == "Option 1: Recover a chart"
    assert shortened(text, 20) == "Option 1: ..."


def test_a_section_is_listed_by_its_name_alone() -> None:
    listed = inv("rollback").stdout
    assert [line.split()[0] for line in listed.splitlines()[1:]] == [
        "rollback.revert",
        "rollback.commit",
    ]
    for line in ("--list rollback", "help rollback", "rollback -h", "-l rollback"):
        assert inv(line).stdout == listed


@pytest.mark.parametrize("line", ["help recover", "-h recover", "recover -h", "recover --help"])
def test_help_answers_wherever_it_is_typed(line: str) -> None:
    page = inv(line).stdout
    assert page.startswith("Usage: invoke recover [--pr PR]")
    assert "re-run the same command to resume" in page


def test_every_task_has_two_examples_that_can_be_typed() -> None:
    assert set(EXAMPLES) == set(CATALOGUE.names)
    for name, examples in EXAMPLES.items():
        for example in examples:
            calls = read_line(shlex.split(example), CATALOGUE).calls
            assert name in [call.name for call in calls]


def test_help_says_the_defaults_the_examples_and_the_exit_codes() -> None:
    page = inv("help drill").stdout
    assert "default: publish" in page
    assert "\n  invoke drill --scenario versions --hands-on\n" in page
    codes = inv("help when.check").stdout.partition("Exit codes\n")[2]
    assert [line.split()[0] for line in codes.splitlines()] == ["0", "1", "2", "3"]
    assert "could not tell" in codes


def test_help_of_init_says_what_its_exit_codes_mean() -> None:
    codes = inv("help init").stdout.partition("Exit codes\n")[2]
    assert "the settings are written" in codes
    assert "passed, or shown" not in codes


def test_help_shows_the_short_form_of_two_required_values() -> None:
    assert inv("help chart.diff").stdout.startswith("Usage: invoke chart.diff OLD NEW [--chart")
    assert inv("help rollback.revert").stdout.startswith("Usage: invoke rollback.revert --pr PR ")


SHOW = """
import sys
from tasks.cli.program import main
sys.argv[1:] = {words!r}
main()
"""


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        ("--list", 80),
        ("help", 80),
        pytest.param("--list", 140, marks=pytest.mark.thorough),
        ("help rollback.revert", 70),
        pytest.param("help rollback.revert", 80, marks=pytest.mark.thorough),
    ],
)
def test_a_page_fits_the_terminal(line: str, columns: int) -> None:
    script = SHOW.format(words=shlex.split(line))
    shown = on_terminal(script, COLUMNS=str(columns), INVOKED_AS="./inv")
    assert max(map(len, shown.splitlines())) <= columns
    assert shown.count("./inv") >= (0 if line == "--list" else 2)


@pytest.mark.parametrize(
    "line",
    ["--list", *(pytest.param(line, marks=pytest.mark.thorough) for line in ("", "help recover"))],
)
def test_a_closed_pipe_ends_it_silently(line: str) -> None:
    words = shlex.split(line)
    reader = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    reader.wait()
    ended = subprocess.run(
        [str(PROJECT / "inv"), *words],
        stdout=reader.stdin,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("line", ["--list", "--version"])
def test_output_that_cannot_be_written_names_stdout(line: str) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [str(PROJECT / "inv"), line],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 3
    assert "✗ stdout: No space left on device: fix that" in ended.stderr


def test_an_interrupt_while_it_starts_leaves_no_traceback() -> None:
    command = [sys.executable, "-P", str(PROJECT / "tasks" / "__main__.py"), "--list"]
    started = subprocess.Popen(
        [sys.executable, "-c", HELD_IMPORT, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stdout
    assert started.stdout.readline() == "importing\n"
    time.sleep(0.01)
    started.send_signal(signal.SIGINT)
    _, errors = started.communicate()
    assert (started.returncode, errors) == (-signal.SIGINT, "")


# An import of the program prints a line, and lasts.
HELD_IMPORT = """
import runpy, sys, time
class Held:
    def find_spec(self, name, *_):
        if name == "tasks":
            print("importing", flush=True)
            time.sleep(30)
sys.meta_path.insert(0, Held())
runpy.run_path(sys.argv[3], run_name="__main__")
"""

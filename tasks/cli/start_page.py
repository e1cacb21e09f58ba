"""The start page, for a person who does not remember what to type, and the general help."""

from __future__ import annotations

from collections.abc import Sequence

from ..toolkit.console import output
from ..toolkit.console.styled import Text
from ..toolkit.core.invocation import INVOKED_AS
from .catalogue import Catalogue

Row = tuple[str, str, str]  # for whom, what to type, what it does

START: tuple[Row, ...] = (
    ("It is broken", "when.check", "Check what is wrong, and why"),
    ("", "recover", "Revert the clear suspect, publish, verify"),
    ("", "--dry recover", "Print the commands; change nothing"),
    ("Practise", "drill", "Rehearse it in a throw-away sandbox"),
    ("Set up", "init", "Write the settings of this repository"),
    ("", "doctor", "Check that everything is ready"),
    ("Everything", "--list", "List all tasks in the runbook's order"),
    ("", "--help recover", "Explain a task: options, examples"),
)
OPTIONS: tuple[Row, ...] = (
    ("Options", "--dry TASK ...", "Print the commands; change nothing"),
    ("", "--echo TASK ...", "Print each command as it is run"),
    ("", "--trace FILE TASK ...", "Draw as an SVG what it waits for"),
    ("", "-l, --list [SECTION]", "List all tasks, or those of a section"),
    ("", "-h, --help [TASK]", "Explain a task, or show this page"),
    ("", "-V, --version", "Print the version"),
    ("", "--completion SHELL", "Print a script for bash, zsh or fish"),
)
HEADING_WIDTH = 14
GAP = 2
CHAIN = "recover --pr 42 support.incident"


def print_start_page(catalogue: Catalogue) -> None:
    """Print what to type first; a task that the catalogue does not have is left out."""
    title = Text("Roll back a bad Helm chart release", "bold")
    output.out.print(title)
    output.out.print()
    rows = []
    for row in START:
        first_word, *_ = row[1].split()
        if first_word.startswith("--") or first_word in catalogue.names:
            rows.append(row)
    _print_rows(rows)


def print_help(catalogue: Catalogue) -> None:
    """Print the start page, and the options of the program."""
    print_start_page(catalogue)
    output.out.print()
    _print_rows(OPTIONS)
    output.out.print()
    chain = Text(f"Tasks run in order: {INVOKED_AS} {CHAIN}")
    output.out.print(chain)


def _print_rows(rows: Sequence[Row]) -> None:
    """Print rows in three columns."""
    longest = max(len(words) for _, words, _ in rows)
    width = longest + len(INVOKED_AS) + GAP
    for heading, words, text in rows:
        command = f"{INVOKED_AS} {words}"
        line = Text(heading.ljust(HEADING_WIDTH), "bold")
        line.append(command.ljust(width), "cyan")
        line.append(text)
        output.out.print(line)

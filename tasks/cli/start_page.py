"""The start page, for a person who does not remember what to type, and the general help."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from ..toolkit.console import output
from ..toolkit.core.invocation import INVOKED_AS
from .catalogue import Catalogue

Row = tuple[str, str, str]  # for whom, what to type, what it does

START: tuple[Row, ...] = (
    ("It is broken", "when.check", "Check what is wrong, and who is suspected"),
    ("", "recover --pr 42", "Revert PR 42 and merge, publish, verify"),
    ("", "--dry recover --pr 42", "Print that as commands; change nothing"),
    ("Practise", "drill", "Rehearse it in a throw-away sandbox"),
    ("Set up", "init", "Write the settings of this repository"),
    ("", "doctor", "Check that everything is ready"),
    ("Everything", "--list", "List all tasks, as the runbook has them"),
    ("", "--help recover", "Explain a task: options, examples"),
)
OPTIONS: tuple[Row, ...] = (
    ("Options", "--dry TASK ...", "Print the commands, to be pasted; change nothing"),
    ("", "--echo TASK ...", "Print each command as it is run"),
    ("", "-l, --list [SECTION]", "List all tasks, or those of a section"),
    ("", "-h, --help [TASK]", "Explain a task, or show this page"),
    ("", "-V, --version", "Print the version"),
    ("", "--completion SHELL", "Print the completion for bash, zsh or fish"),
)
CHAIN = "rollback.revert --pr 42 --merge publish.all verify.all"


def print_start_page(catalogue: Catalogue) -> None:
    """Print what to type first; a task that the catalogue does not have is left out."""
    output.out.print(Text("Roll back a bad Helm chart release", "bold"))
    output.out.print()
    _print_rows([row for row in START if _exists(row[1], catalogue.names)])


def print_help(catalogue: Catalogue) -> None:
    """Print the start page, and the options of the program."""
    print_start_page(catalogue)
    output.out.print()
    _print_rows(OPTIONS)
    output.out.print()
    output.out.print(Text(f"Tasks run in their order: {INVOKED_AS} {CHAIN}"))


def _exists(words: str, names: Iterable[str]) -> bool:
    first, *_ = words.split()
    return first.startswith("--") or first in names


def _print_rows(rows: Iterable[Row]) -> None:
    rows = list(rows)
    width = max(len(words) for _, words, _ in rows) + len(INVOKED_AS) + 3
    for heading, words, text in rows:
        command = f"{INVOKED_AS} {words}"
        line = Text.assemble((f"{heading:<13}", "bold"), (f"{command:<{width}}", "cyan"), text)
        output.out.print(line)

"""Find the command in a text: it stands at the start, or behind a colon."""

from __future__ import annotations

import re

from ..core.invocation import INVOKED_AS

PROGRAMS = "gh|git|helm|docker|kubectl|curl|export"
VARIABLES = r"(?:[A-Z][A-Z_]*=\S+ )*"
INVOKE = rf"(?:invoke|inv|{re.escape(INVOKED_AS)}) (?:--dry )?[a-z]"
# Not what a program failed with: "helm push: Error: ...".
NO_MESSAGE = r"(?![^'\"]*?: )"
QUOTED = r"'[^']*'|\"[^\"]*\""
PROSE = ", |; |: | then | or "  # ends a command
_BEGINNING = rf"{VARIABLES}(?:{INVOKE}|(?:{PROGRAMS}) {NO_MESSAGE})"
# Compiled when they are first used: `--list` uses none.
COMMAND = rf"(?:^|(?<=: )){_BEGINNING}(?:{QUOTED}|(?!{PROSE})[^'\"])+"
CONDITION = r"\bif\b"
PLACEHOLDER = r"(?<![\w=])[A-Z]{2,}(?:=[A-Z]+)?(?![\w=.])"  # such as HASH


def commands_in(advice: str) -> list[str]:
    """Return the commands of an advice that can be typed as they are, at most one a line.

    Skip a command with a placeholder, and one behind an "if".
    """
    commands = []
    for line in advice.split("\n"):
        before, command, _ = _find_command(line)
        is_complete = not re.search(PLACEHOLDER, re.sub(QUOTED, "", command))
        if command and is_complete and not re.search(CONDITION, before):
            commands.append(command)
    return commands


def split_command(text: str) -> tuple[str, str]:
    """Return a text without the command that it ends with, and that command, or nothing."""
    before, command, rest = _find_command(text)
    if rest:
        return text, ""
    return before, command


def _find_command(line: str) -> tuple[str, str, str]:
    """Return the text before the last command of a line, the command, and the text after it."""
    commands = list(re.finditer(COMMAND, line))
    if not commands or "`" in commands[-1][0]:
        return line, "", ""
    last = commands[-1]
    return line[: last.start()].rstrip(), last[0].rstrip(), line[last.end() :]

"""Find the commands in an advice: those that can be typed as they are."""

from __future__ import annotations

import re

from ..core.invocation import INVOKED_AS

PROGRAMS = ("gh", "git", "helm", "docker", "kubectl", "curl")
INVOKE = rf"(?:{re.escape(INVOKED_AS)}|invoke)"
VARIABLES = r"(?:[A-Z][A-Z_]*=\S+ )*"
# A command at the start of a line of advice, or after "in order to do this: ".
START = re.compile(rf"(?:^|: )({VARIABLES}(?:{INVOKE}|{'|'.join(PROGRAMS)}) .+)$")
CONDITION = re.compile(r"\bif\b")
QUOTED = r"'[^']*'|\"[^\"]*\""
# Prose that follows a command: ", since ...", "; or ...".
COMMAND = re.compile(rf"(?:{QUOTED}|[^,;'\"]|[,;](?! ))+")
PLACEHOLDER = re.compile(r"(?<![\w=])[A-Z]{2,}(?:=[A-Z]+)?(?![\w=.])")  # such as HASH


def commands_in(advice: str) -> list[str]:
    """Return the commands of an advice.

    None is in a line that is prose, that has gaps to fill, or that says "if".
    """
    commands = []
    for line in advice.split("\n"):
        found = START.search(line)
        if not found or CONDITION.search(line[: found.start(1)]):
            continue
        command = COMMAND.match(found[1])
        text = command[0].strip() if command else ""
        unquoted = re.sub(QUOTED, "", text)
        if text and "`" not in text and not PLACEHOLDER.search(unquoted):
            commands.append(text)
    return commands

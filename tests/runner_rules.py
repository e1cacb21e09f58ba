"""How the runner of GitHub Actions reads a line, by ActionCommand.cs of actions/runner.

A line of stdout or stderr is a command if it begins with `::`, after any space, or if it has `##[`
anywhere, and the word behind that is a command that the runner knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

KNOWN = {
    "add-mask",
    "add-matcher",
    "add-path",
    "debug",
    "echo",
    "endgroup",
    "error",
    "group",
    "notice",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "stop-commands",
    "warning",
}
# What .NET takes for space at the start of a line; a byte order mark may be lost before it.
SPACE = "\t\v\f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
UNESCAPED_DATA = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
UNESCAPED_PROPERTY = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))


@dataclass(frozen=True)
class Command:
    """A command, as the runner understands it."""

    name: str
    data: str
    properties: dict[str, str] = field(default_factory=dict)


def read_commands(printed: str) -> list[Command]:
    """Return the commands among the lines that a step printed on one stream."""
    found = []
    for line in re.split(r"\r\n|\r|\n", printed):
        command = _second_form(line) or _first_form(line)
        if command:
            found.append(command)
    return found


def _second_form(line: str) -> Command | None:
    line = line.lstrip(SPACE)
    if not line.startswith("::") or "::" not in line[2:]:
        return None
    info, _, data = line[2:].partition("::")
    return _command(info, ",", data, UNESCAPED_DATA, UNESCAPED_PROPERTY)


def _first_form(line: str) -> Command | None:
    _, found, rest = line.partition("##[")
    if not found or "]" not in rest:
        return None
    info, _, data = rest.partition("]")
    more = (("%3B", ";"), *UNESCAPED_DATA[:2], ("%5D", "]"), ("%25", "%"))
    return _command(info, ";", data, more, more)


def _command(
    info: str,
    separator: str,
    data: str,
    data_escapes: tuple[tuple[str, str], ...],
    property_escapes: tuple[tuple[str, str], ...],
) -> Command | None:
    name, _, given = info.partition(" ")
    if name.lower() not in KNOWN:
        return None
    properties = {}
    for pair in given.strip().split(separator):
        key, has_value, value = pair.partition("=")
        if has_value and value:
            properties[key.lower()] = _unescape(value, property_escapes)
    return Command(name.lower(), _unescape(data, data_escapes), properties)


def _unescape(text: str, escapes: tuple[tuple[str, str], ...]) -> str:
    for escape, character in escapes:
        text = text.replace(escape, character)
    return text

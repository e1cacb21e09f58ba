"""What a text tells users to type: OCI references, and the helm commands that they are in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...core.versions import is_version
from ..registry.reference import Reference

_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
REFERENCE = re.compile(
    rf"(oci://[a-z0-9.-]{{1,250}}(?::\d{{1,5}})?(?:/{_PART})+)(?::([A-Za-z0-9_][\w.+-]*))?"
)
# The path goes on with what the reader fills in: NAME, <name>, ${NAME}, {{ .name }}, %s, ...
GOES_ON = re.compile(r"[/._-]*(?:[A-Za-z0-9$%{]|<(?!/|br\b))|/\*|/?(?:\.\.\.|…)")
GETS_CHART = ("install", "upgrade", "template", "show", "inspect", "pull", "fetch")
PUSH = "push"
HELM = re.compile(rf"\bhelm(?:\.exe)?\s+(?:-\S+\s+)*({'|'.join([*GETS_CHART, PUSH])})\b")
VERSION = re.compile(r"--version[=\s]\s*[\"']?([^\s\"'`]+)")
COMMAND_END = re.compile(r"`|\|\|?|&&|;")
CONTINUES = re.compile(r"\\\s*$")
MARGIN = re.compile(r"^[\s>#*/]+")  # of a quotation, or of a comment
MOST_LINES = 50  # of one command, before and after the reference
LONGEST_COMMAND = 1_000  # characters


@dataclass(frozen=True)
class Instruction:
    """A reference in the line `line` of a text; its tag is the version that is named, if any.

    `command` is what helm does with it, such as install; empty if it is in no helm command. `words`
    are the words of the command before it.
    """

    line: int
    reference: Reference
    command: str = ""
    words: str = ""


def find_instructions(text: str) -> Iterator[Instruction]:
    """Yield the OCI references that are written out in a text, in order."""
    for lines in _commands(text.split("\n")):
        for index, (number, line) in enumerate(lines):
            if "oci://" not in line:
                continue
            before = _joined(lines[max(0, index - MOST_LINES) : index])
            after = _joined(lines[index + 1 : index + MOST_LINES])
            yield from _in_line(number, before, line, after)


def _commands(lines: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    """Yield the numbered lines of each command, which a backslash continues on the next line."""
    command: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        shown = MARGIN.sub("", line) if command else line
        command.append((number, CONTINUES.sub("", shown)))
        if not CONTINUES.search(line):
            yield command
            command = []
    yield command


def _joined(lines: Sequence[tuple[int, str]]) -> str:
    return " ".join(line[:LONGEST_COMMAND] for _, line in lines)


def _in_line(
    number: int,
    before: str,
    line: str,
    after: str,
) -> Iterator[Instruction]:
    """Yield the instructions in a line, between other lines of the same command."""
    for match in REFERENCE.finditer(line):
        oci, tag = match.groups()
        if GOES_ON.match(line, match.end()):
            if not tag:
                continue
            tag = ""
        start = line[max(0, match.start() - LONGEST_COMMAND) : match.start()]
        end = line[match.end() : match.end() + LONGEST_COMMAND]
        words = COMMAND_END.split(f"{before} {start}")[-1]
        rest = COMMAND_END.split(f"{end} {after}")[0]
        named = VERSION.search(f"{words} {rest}")
        version = named[1] if named else (tag or "").replace("_", "+")
        reference = Reference.parse(oci)
        if is_version(version):
            reference = reference.with_version(version)
        commands = HELM.findall(words)
        command = commands[-1] if commands else ""
        yield Instruction(number, reference, command, words)

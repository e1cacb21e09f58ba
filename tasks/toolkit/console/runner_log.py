"""The log of a task under Actions: its steps in a group, what is wrong as annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..core.invocation import as_invoked, current_step
from ..core.printable import one_line
from .finding import FIRST_AID, STALE, Finding
from .runner import can_command, write_command

ERROR, WARNING = "error", "warning"
KINDS = {  # of annotations, by a mark or an outcome
    "failed": ERROR,
    "fired": ERROR,
    "warning": WARNING,
    "unverified": WARNING,
    "unknown": WARNING,
    STALE: WARNING,
}
MOST = 8  # annotations of a kind; GitHub shows ten of a step, and the failure comes last


class _Log:
    """The task that has a group, and what was said; GitHub knows no groups inside a group."""

    def __init__(self) -> None:
        self.task = ""
        self.is_waiting = False  # no line of the task is printed yet
        self.is_open = False
        self.said: set[tuple[str, str]] = set()
        self.counts: Counter[str] = Counter()


_log = _Log()


@contextmanager
def grouping(task: str) -> Iterator[None]:
    """Put the steps of a task into a group, unless it is part of another one."""
    if _log.task:
        yield
        return
    _log.task = task
    _log.is_waiting = True
    try:
        yield
    finally:
        end_group()
        _log.task = ""


def begin_group() -> None:
    """Begin the group of the task, if it is the first line of it that follows."""
    if _log.is_waiting:
        _log.is_waiting = False
        _log.is_open = True
        write_command("group", _log.task)


def end_group() -> None:
    """End the group: what follows is for people to see at once."""
    _log.is_waiting = False
    if _log.is_open:
        _log.is_open = False
        write_command("endgroup")


def say_to_runner(step: str, mark: str, text: str) -> bool:
    """Write a status line as an annotation, and return whether it was; else it is to be printed.

    What failed, and what to type next, is not in the group.
    """
    if mark in ("failed", "next"):
        end_group()
    else:
        begin_group()
    kind = KINDS.get(mark, "")
    has_room = mark == "failed" or _log.counts[kind] < MOST
    return bool(kind) and has_room and _annotate(kind, step, text)


def annotate_findings(findings: Sequence[Finding]) -> None:
    """Write what checks found wrong as annotations: the first line of it, and what to type."""
    for finding in findings:
        kind = KINDS.get(finding.outcome, "")
        if not kind or _log.counts[kind] >= MOST:
            continue
        evidence, *_ = finding.evidence.split("\n")
        text = f"{finding.label} {finding.outcome}: {evidence}"
        advice = _first_of_cure(finding)
        if advice:
            text += f": {advice}"
        _annotate(kind, current_step(), as_invoked(one_line(text)))


def _first_of_cure(finding: Finding) -> str:
    """Return the first line that is advised beside first aid; among several suspects it says so."""
    for line in finding.advice.split("\n"):
        if not line.startswith(FIRST_AID):
            return line
    return finding.advice


def _annotate(kind: str, title: str, text: str) -> bool:
    """Write an annotation, unless it was; return whether this one is written."""
    if (kind, text) in _log.said or not can_command():
        return False
    _log.said.add((kind, text))
    _log.counts[kind] += 1
    write_command(kind, text, title)
    return True

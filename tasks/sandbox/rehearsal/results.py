"""What a rehearsal found: how each step ended, and what was pushed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A step of a job, and how it ended: success, failure, cancelled or skipped.

    `file` is the workflow file that has it. `not_rehearsed` says what it could not do here,
    `doubts` why it may end otherwise on GitHub, and `may_push` whether it may push a chart then.
    `log` are the last lines of what it printed. A job without steps, which is a call that was not
    needed, counts as one.
    """

    job: str
    file: str
    name: str
    conclusion: str
    log: str
    not_rehearsed: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    may_push: bool = False


@dataclass(frozen=True)
class Pushed:
    """A tag that was pushed by a step of the workflow `file`, which is empty if that is not clear.

    `archive` is that of the chart; empty if it is none.

    `doubts` say why it may go elsewhere on GitHub, `content_doubts` also why it may be another
    chart.
    """

    host: str
    repository: str
    tag: str
    digest: str
    archive: bytes
    file: str = ""
    doubts: tuple[str, ...] = ()
    content_doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Results:
    """How the run ended: success, failure or cancelled. `is_late`: it was ended at its limit.

    `refused` is what was asked for and not given. `faults` say why GitHub does not run this, or
    not all of it, whatever was seen here.
    """

    conclusion: str
    is_late: bool
    steps: Sequence[Step]
    pushed: Sequence[Pushed]
    refused: Sequence[str]
    log: str
    isolation: str
    faults: Sequence[str] = ()

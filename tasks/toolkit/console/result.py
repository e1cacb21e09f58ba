"""The result of a task that is run with --json, collected while it runs: see docs/json.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..core.invocation import as_invoked, current_chart
from .commands import commands_in

if TYPE_CHECKING:
    from .finding import Finding

Table = tuple[str, Sequence[str], Sequence[Sequence[str]]]  # title, columns and rows
FACTS = ("run_url", "reference", "version", "digest")  # of one chart


@dataclass
class Result:
    """What a task did and found; `acts` says that it changes something.

    `output` has the lines that it would print on stdout, `details` the lists of a report,
    `facts` what was noted of each chart, and `outcomes` those of its checks or triggers. `journal`
    is that of the incident that it is about, if that is not the open one, and `pull` the number of
    the pull request at fault. `tables` is for people. One that `is_printed` is only noted, for a
    job summary, and what is done and found is printed all the same.
    """

    task: str
    acts: bool = False
    messages: list[dict[str, str]] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    next: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, dict[str, str]] = field(default_factory=dict)
    journal: Any = None
    pull: int = 0
    outcomes: set[str] = field(default_factory=set)
    tables: list[Table] = field(default_factory=list)
    is_printed: bool = False

    def add_message(self, step: str, mark: str, text: str) -> None:
        """Add a status line; one that says what to type next has its command in `next` too."""
        self.messages.append({"step": step, "mark": mark, "text": text})
        if mark == "next":
            self.add_next(text)

    def add_next(self, advice: str) -> None:
        """Add the commands of an advice, each once, as they are to be typed."""
        for command in commands_in(as_invoked(advice)):
            if command not in self.next:
                self.next.append(command)


_collected: ContextVar[Result | None] = ContextVar("result", default=None)


def collected_result() -> Result | None:
    """Return the result that is collected; None if what is done and found is printed instead."""
    result = noted_result()
    return None if result and result.is_printed else result


def noted_result() -> Result | None:
    """Return the result in which is noted what is done and found; None if there is none."""
    return _collected.get()


@contextmanager
def collecting(result: Result) -> Iterator[None]:
    """Collect a result while the block runs, and print nothing on stdout."""
    token = _collected.set(result)
    try:
        yield
    finally:
        _collected.reset(token)


def add_details(details: Mapping[str, Any]) -> None:
    """Add fields of a report to the result, if one is collected."""
    result = noted_result()
    if result:
        result.details |= details


def add_findings(findings: Sequence[Finding], key: str, **verdict: Any) -> None:
    """Add findings under `key`, and the verdict on them, to the result, if one is collected."""
    result = noted_result()
    if not result:
        return
    listed = []
    for finding in findings:
        listed.append(finding.as_data())
        result.add_next(finding.advice)
    result.details |= {**verdict, key: listed}
    if key == "triggers" or "passed" in verdict:
        result.outcomes = {finding.outcome for finding in findings}


def note_journal(journal: object) -> None:
    """Note the journal of the incident that is shown or closed, if a result is collected."""
    result = noted_result()
    if result:
        result.journal = journal


def note_pull(number: int) -> None:
    """Note the pull request at fault, if a result is collected; 0 is none."""
    result = noted_result()
    if result and number:
        result.pull = number


def note_chart(**facts: str) -> None:
    """Note FACTS of the chart that is worked on, if a result is collected."""
    result = noted_result()
    if result:
        noted = result.facts.setdefault(current_chart(), {})
        noted.update(facts)


def note_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Note a table that people read, if a result is noted."""
    result = noted_result()
    if result:
        result.tables.append((title, columns, rows))

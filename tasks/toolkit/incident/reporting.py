"""Report what a task did and found: as a document on stdout, and to the runner of Actions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from invoke.context import Context
from invoke.exceptions import Exit

from ..console.output import print_line, status
from ..console.result import Result, collecting, noted_result
from ..core.actions import runs_under_actions
from ..core.printable import json_text
from .context import Incident
from .document import make_document, open_journal_of


@contextmanager
def reporting(context: Context, step: str, *, acts: bool, as_document: bool) -> Iterator[None]:
    """Report what the block did and found: as a document on stdout, and to the runner of Actions.

    The block ends early by an Exit only. A recipe that another one runs is part of its report.
    """
    if not as_document and noted_result():
        yield
        return
    result = Result(step, acts, is_printed=not as_document)
    failure: Exit | None = None
    with collecting(result), _grouping(step):
        try:
            yield
        except Exit as error:
            failure = error
    incident = context.config.get("incident")
    if not isinstance(incident, Incident):
        incident = None
    report(result, incident, failure, as_document=as_document)
    if failure:
        raise failure


def _grouping(step: str) -> AbstractContextManager[None]:
    """Return what groups the lines of a task under Actions."""
    if not runs_under_actions():
        return nullcontext()
    from ..console.runner_log import grouping  # noqa: PLC0415 - only there

    return grouping(step)


def report(
    result: Result,
    incident: Incident | None,
    failure: Exit | None,
    *,
    as_document: bool,
) -> None:
    """Print a result as a document, if asked for, and report it to the runner of Actions."""
    if as_document:
        document = make_document(result, incident, failure)
        text = json_text(document)
        print_line(incident.mask(text) if incident else text)
    if runs_under_actions():
        _report_to_runner(result, incident, failure)


def _report_to_runner(
    result: Result,
    incident: Incident | None,
    failure: Exit | None,
) -> None:
    """Write the job summary and the output of the step; no error of that spoils a recovery."""
    from .job_summary import report_to_runner  # noqa: PLC0415 - only there

    try:
        document = make_document(result, incident, failure)
        journal = result.journal or open_journal_of(incident)
        mask = incident.mask if incident else str
        report_to_runner(document, result.tables, journal, mask)
    except Exception as error:
        status(f"no job summary: {error!r}", "warning")

"""The result of a task as a JSON document: docs/result.schema.json."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from invoke.exceptions import Exit

from ..console.result import FACTS, Result
from ..console.signals import CLOSED_PIPE_STATUS, INTERRUPTED, INTERRUPTED_STATUS
from ..core.errors import BadInput, CheckFailed, RecipeError, Refused, ServiceError
from ..core.invocation import as_invoked, current_chart, working_on_chart
from ..core.printable import one_line
from .context import Incident
from .facts import CHART, Facts
from .journal import Journal

SCHEMA = 1
COULD_NOT_TELL = {"unverified", "unknown"}


def make_document(
    result: Result, incident: Incident | None, failure: Exit | None
) -> dict[str, Any]:
    """Return the document; an unknown field is None."""
    plan = incident.plan if incident else None
    error = _explain(failure)
    if error and error["advice"]:
        result.add_next(error["advice"])
    journal = result.journal or open_journal_of(incident)
    code = failure.code if failure else 0
    return {
        "schema": SCHEMA,
        "task": result.task,
        "outcome": _outcome(result, failure, bool(plan)),
        "exit_code": code,
        "incident": journal.id or None,
        **_incident_fields(result, journal),
        "next": result.next,
        "messages": result.messages,
        "error": error,
        "plan": plan,
        "output": "\n".join(result.output) or None,
        **result.details,
    }


def open_journal_of(incident: Incident | None) -> Journal:
    """Return the journal of the open incident; where it cannot be read, an empty one."""
    with suppress(RecipeError):
        if incident:
            return incident.log.journal
    return Journal()


def _outcome(result: Result, failure: Exit | None, has_plan: bool) -> str:
    """Return in a word how the task ended."""
    if failure:
        return _outcome_of_failure(result, failure)
    if result.outcomes and (not result.acts or result.outcomes & COULD_NOT_TELL):
        return _judge(result.outcomes)
    return "planned" if has_plan else "done"


def _outcome_of_failure(result: Result, failure: Exit) -> str:
    """Return in a word why the task ended early."""
    if failure.code in (INTERRUPTED_STATUS, CLOSED_PIPE_STATUS):
        return "interrupted"
    cause = failure.__cause__
    if isinstance(cause, CheckFailed):
        return "fired" if "fired" in result.outcomes else "failed"
    if isinstance(cause, Refused | BadInput):
        return "refused"
    if failure.code == ServiceError.exit_code and result.outcomes & COULD_NOT_TELL:
        return "unknown"
    return "error"


def _judge(outcomes: set[str]) -> str:
    """Return the outcome of all checks or triggers together; none of them failed."""
    if outcomes & COULD_NOT_TELL:
        return "unknown"
    return "clear" if "clear" in outcomes else "passed"


def _explain(failure: Exit | None) -> dict[str, str | None] | None:
    """Return what was wrong and what to do about it."""
    if failure is None:
        return None
    what, advice = str(failure), ""
    cause = failure.__cause__
    if isinstance(cause, RecipeError):
        what, advice = cause.what, cause.advice
    elif isinstance(cause, KeyboardInterrupt):
        what, _, advice = INTERRUPTED.partition(": ")
    elif isinstance(cause, BrokenPipeError):
        what = "output pipe closed early"
    what = as_invoked(one_line(what))
    return {"what": what, "advice": as_invoked(one_line(advice)) or None}


def _incident_fields(result: Result, journal: Journal) -> dict[str, Any]:
    """Return the revert and the charts, as noted in this run or recorded in the incident."""
    facts = journal.facts
    charts = _charts(result, journal)
    fields: dict[str, Any] = {
        "pull": result.pull or recorded_pull(journal),
        "revert": _revert(facts),
        "issue": facts.issue or None,
    }
    for name in FACTS:
        fields[name] = _agreed(charts, name)
    fields["charts"] = [chart for chart in charts if chart["chart"]]
    return fields


def _charts(result: Result, journal: Journal) -> list[dict[str, Any]]:
    """Return the facts of each chart by its name; the name of a single chart is empty."""
    recorded = [event.data.get(CHART) for event in journal.events]
    labels = {label for label in [*result.facts, *recorded] if label}
    charts = []
    for label in sorted(labels or {current_chart()}):
        with working_on_chart(label):
            facts = journal.facts
        of_all = result.facts.get("", {})
        noted = result.facts.get(label, {})
        known = {**_published(facts), **of_all, **noted}
        chart: dict[str, Any] = {"chart": label}
        for name in FACTS:
            chart[name] = known.get(name)
        charts.append(chart)
    return charts


def _published(facts: Facts) -> dict[str, Any]:
    """Return what the incident published, or packaged, and where users get it."""
    return {
        "reference": facts.alias or facts.reference or None,
        "version": facts.version or None,
        "digest": facts.digest or None,
    }


def _revert(facts: Facts) -> dict[str, Any] | None:
    """Return the revert of the incident: its pull request, and its commit once it is merged."""
    if not facts.revert and not facts.good_commit:
        return None
    merged_at = facts.merged_at.isoformat() if facts.merged_at else None
    return {
        "number": facts.revert or None,
        "url": facts.revert_url or None,
        "merged": bool(facts.good_commit),
        "merged_at": merged_at,
        "commit": facts.good_commit or None,
    }


def recorded_pull(journal: Journal) -> int | None:
    """Return the pull request that the incident reverted last."""
    for event in reversed(journal.events):
        number = event.data.get("pr")
        if isinstance(number, int) and number > 0:
            return number
    return None


def _agreed(charts: list[dict[str, Any]], name: str) -> Any:
    """Return a fact that all charts have in common, else None."""
    values = {chart[name] for chart in charts}
    return values.pop() if len(values) == 1 else None

"""When to Rollback."""

from __future__ import annotations

from collections.abc import Sequence

from .toolkit.console.findings import show_findings
from .toolkit.core.errors import BadInput
from .toolkit.diagnosis.verdict import COULD_NOT_TELL, ensure_clear
from .toolkit.diagnosis.verdict_of_charts import check_triggers_of_charts
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import EACH_CHART, recipe

OPTIONS = {"json": "print the result as JSON on stdout"}


@recipe(takes=EACH_CHART, help=OPTIONS)
def publish(incident: Incident, json: bool = False) -> None:
    """Helm chart fails to publish to the new registry path."""
    _check(incident, ["publish"], json)


@recipe(takes=EACH_CHART, help=OPTIONS)
def versions(incident: Incident, json: bool = False) -> None:
    """Version synchronization breaks between app and chart."""
    _check(incident, ["versions"], json)


@recipe(takes=EACH_CHART, help=OPTIONS)
def users(incident: Incident, json: bool = False) -> None:
    """Users report installation issues with the new path."""
    _check(incident, ["users"], json)


@recipe(takes=EACH_CHART, default=True, help=OPTIONS)
def check(incident: Incident, json: bool = False) -> None:
    """Check all three triggers, also from cron: exit code 0 clear, 1 fired, 3 could not tell."""
    _check(incident, ["publish", "versions", "users"], json)


def _check(incident: Incident, triggers: Sequence[str], json: bool) -> None:
    """Check triggers, show and record what they say, and fail unless all are clear."""
    try:
        verdict = check_triggers_of_charts(incident.project, incident.log, triggers)
    except BadInput:  # cron gets its document all the same
        if json:
            show_findings("", [], json, "triggers", verdict=COULD_NOT_TELL)
        raise
    findings = verdict.findings
    title = f"When to rollback: {verdict.text}"
    details = {"verdict": verdict.text, "suspects": verdict.suspects}
    show_findings(title, findings, json, "triggers", **details)
    outcomes = {}
    for finding in findings:
        outcomes[finding.label] = finding.outcome
    incident.log.record_check("fired" not in outcomes.values(), triggers=outcomes)
    ensure_clear(findings)

"""When to Rollback."""

from __future__ import annotations

from collections.abc import Sequence

from .toolkit.console.findings import show_findings
from .toolkit.console.result import add_details, note_pull
from .toolkit.core.errors import BadInput
from .toolkit.diagnosis.verdict import COULD_NOT_TELL, ensure_clear
from .toolkit.diagnosis.verdict_of_charts import check_triggers_of_charts
from .toolkit.incident.context import Incident
from .toolkit.incident.event import CAUSE
from .toolkit.incident.recipe import EACH_CHART, recipe


@recipe(takes=EACH_CHART)
def publish(incident: Incident) -> None:
    """Helm chart fails to publish to the new registry path."""
    _check(incident, ["publish"])


@recipe(takes=EACH_CHART)
def versions(incident: Incident) -> None:
    """Version synchronization breaks between app and chart."""
    _check(incident, ["versions"])


@recipe(takes=EACH_CHART)
def users(incident: Incident) -> None:
    """Users report installation issues with the new path."""
    _check(incident, ["users"])


@recipe(takes=EACH_CHART, default=True)
def check(incident: Incident) -> None:
    """Check all three triggers, also from cron: exit code 0 clear, 1 fired, 3 could not tell."""
    _check(incident, ["publish", "versions", "users"])


def _check(incident: Incident, triggers: Sequence[str]) -> None:
    """Check triggers, show and record what they say, and fail unless all are clear."""
    try:
        verdict = check_triggers_of_charts(incident.project, incident.log, triggers)
    except BadInput:
        add_details({"verdict": COULD_NOT_TELL, "triggers": [], "suspects": []})
        raise
    findings = verdict.findings
    title = f"When to rollback: {verdict.text}"
    note_pull(verdict.pull)
    show_findings(title, findings, "triggers", verdict=verdict.text, suspects=verdict.suspects)
    outcomes = {}
    for finding in findings:
        outcomes[finding.label] = finding.outcome
    is_clear = "fired" not in outcomes.values()
    recorded = {CAUSE: verdict.cause} if verdict.cause else {}
    incident.log.record_check(is_clear, triggers=outcomes, **recorded)
    ensure_clear(findings)

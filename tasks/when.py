"""When to Rollback."""

from __future__ import annotations

from .toolkit.diagnosis.verdict_of_charts import report_triggers
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import EACH_CHART, recipe


@recipe(takes=EACH_CHART)
def publish(incident: Incident) -> None:
    """Helm chart fails to publish to the new registry path."""
    report_triggers(incident.project, incident.log, ["publish"])


@recipe(takes=EACH_CHART)
def versions(incident: Incident) -> None:
    """Version synchronization breaks between app and chart."""
    report_triggers(incident.project, incident.log, ["versions"])


@recipe(takes=EACH_CHART)
def users(incident: Incident) -> None:
    """Users report installation issues with the new path."""
    report_triggers(incident.project, incident.log, ["users"])


@recipe(takes=EACH_CHART, default=True)
def check(incident: Incident) -> None:
    """Check all three triggers, also from cron: exit code 0 clear, 1 fired, 3 could not tell."""
    report_triggers(incident.project, incident.log, ["publish", "versions", "users"])

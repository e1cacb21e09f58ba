"""When to Rollback."""

from __future__ import annotations

from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import EACH_CHART, recipe


@recipe(takes=EACH_CHART)
def publish(incident: Incident) -> None:
    """Helm chart fails to publish to the new registry path."""
    _report(incident, ["publish"])


@recipe(takes=EACH_CHART)
def versions(incident: Incident) -> None:
    """Version synchronization breaks between app and chart."""
    _report(incident, ["versions"])


@recipe(takes=EACH_CHART)
def users(incident: Incident) -> None:
    """Users report installation issues with the new path."""
    _report(incident, ["users"])


@recipe(takes=EACH_CHART, default=True)
def check(incident: Incident) -> None:
    """Check all three triggers, also from cron: exit code 0 clear, 1 fired, 3 could not tell."""
    _report(incident, ["publish", "versions", "users"])


def _report(incident: Incident, triggers: list[str]) -> None:
    """Check triggers, and report which fired."""
    from .toolkit.diagnosis.verdict_of_charts import report_triggers

    report_triggers(incident.project, incident.log, triggers)

"""Get ready for a recovery: init, doctor."""

from __future__ import annotations

from ..toolkit.incident.context import Incident
from ..toolkit.incident.recipe import EACH_CHART, recipe

INIT_HELP = {
    "copy": "copy these recipes into a new folder of the clone, for example rollback",
    "gate": "write the workflow that rehearses releases in pull requests: docs/rehearsal.md",
    "actions": "write the workflows that look for trouble, and roll back: docs/actions.md",
}
EACH_ALONE = [("copy", "gate"), ("copy", "actions"), ("gate", "actions")]


@recipe(needs_env_file=False, excluding=EACH_ALONE, help=INIT_HELP)
def init(incident: Incident, copy: str = "", gate: bool = False, actions: bool = False) -> None:
    """Find the settings for the repository around you, write them into .env, and check them."""
    from ..toolkit.diagnosis.adopting import adopt

    if adopt(incident.project, incident.env_file, copy, gate=gate, actions=actions):
        incident.renew()
        doctor(incident.context)


@recipe(takes=EACH_CHART)
def doctor(incident: Incident) -> None:
    """Check that everything a rollback needs is ready, and whether an incident is open."""
    from ..toolkit.console.findings import report, run_checks_of_charts
    from ..toolkit.diagnosis.programs import leave_to_programs
    from ..toolkit.diagnosis.readiness import setup_checks

    checks = setup_checks(incident.project, incident.log)
    findings = run_checks_of_charts(checks, "failed", "failed")
    report("Ready to roll back?", leave_to_programs(findings))

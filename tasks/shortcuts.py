"""The root's own words: recover, doctor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from . import publish, rollback, verify
from .toolkit.console.findings import report, run_checks_of_charts
from .toolkit.core.errors import BadInput
from .toolkit.diagnosis.readiness import ensure_publishable, setup_checks
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import EACH_CHART, recipe
from .toolkit.incident.stage_runner import run_stages
from .toolkit.workflows.touched import charts_of_change

RECOVER_HELP = {
    "pr": "the pull request that made the changes: 42, #42 or its URL",
    "sha": "or the commit",
    "skip-publish": "publish nothing by hand: only the workflow was at fault",
    "version": "publish under this version instead of Chart.yaml's",
    "app-version": "set this appVersion instead of Chart.yaml's",
    "accept": rollback.ACCEPT_HELP,
    **rollback.ONLY_WORKFLOW_HELP,
}


@recipe(acts=True, takes=EACH_CHART, help=RECOVER_HELP)
def recover(
    incident: Incident,
    pr: str = "",
    sha: str = "",
    skip_publish: bool = False,
    version: str = "",
    app_version: str = "",
    accept: str = "",
    only_workflow: bool = False,
) -> None:
    """Recover in one command: revert and merge, publish, verify; re-run to resume."""
    if bool(pr) == bool(sha):
        raise BadInput("recover needs what to revert", "give either --pr 42 or --sha HASH")
    context = incident.context
    options = {"merge": True, "accept": accept, "only_workflow": only_workflow}
    revert = partial(rollback.commit, context, sha=sha, **options)
    if pr:
        revert = partial(rollback.revert, context, pr=pr, **options)
    stages: dict[str, Callable[[], object]] = {"Immediate": revert}
    if skip_publish:
        incident.log.record_left_out(publish.everything.step)
    else:
        charts = charts_of_change(incident.project, pr, sha)
        ensure_publishable(charts, version, app_version)
        publishing = partial(publish.everything, context)
        stages["Quick"] = partial(publishing, version=version, app_version=app_version)
    stages["Full"] = partial(verify.everything, context)
    run_stages(incident.log, stages)
    incident.log.announce("invoke support.incident support.notify", "next")


@recipe(takes=EACH_CHART)
def doctor(incident: Incident) -> None:
    """Check that everything a rollback needs is ready, and whether an incident is open."""
    checks = setup_checks(incident.project, incident.log)
    report("Ready to roll back?", run_checks_of_charts(checks, "failed", "failed"))

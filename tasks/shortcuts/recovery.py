"""Recover in one command."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from .. import publish, rollback, verify
from ..toolkit.incident.context import Incident
from ..toolkit.incident.recipe import EACH_CHART, recipe

if TYPE_CHECKING:
    from ..toolkit.diagnosis.recover_command import RecoverCommand

RECOVER_HELP = {
    "pr": "the pull request that made the changes: 42, #42 or its URL; default: the clear suspect",
    "sha": "or the commit",
    "skip-publish": "publish nothing by hand: only the workflow was at fault",
    "version": "publish under this version instead of Chart.yaml's",
    "app-version": "set this appVersion instead of Chart.yaml's",
    "accept": rollback.ACCEPT_HELP,
    "on-actions": "let GitHub Actions do it, by the workflow of `init --actions`",
    "redeploy": "then run the workflow, or its failed jobs again, and wait, unless it succeeded",
    **rollback.ONLY_WORKFLOW_HELP,
}
RECOVER_EXCLUDING = [("pr", "sha"), ("skip_publish", "version"), ("skip_publish", "app_version")]
for _option in ("sha", "skip_publish", "app_version", "accept", "redeploy", "only_workflow"):
    RECOVER_EXCLUDING.append(("on_actions", _option))


@recipe(acts=True, takes=EACH_CHART, excluding=RECOVER_EXCLUDING, help=RECOVER_HELP)
def recover(
    incident: Incident,
    pr: str = "",
    sha: str = "",
    skip_publish: bool = False,
    version: str = "",
    app_version: str = "",
    accept: str = "",
    redeploy: bool = False,
    only_workflow: bool = False,
    on_actions: bool = False,
) -> None:
    """Recover in one command: revert and merge, publish, verify; re-run to resume.

    Without --pr and --sha it takes the only clear suspect of `when.check`, or continues the open
    incident; where nothing is clear, it lists the lines to type and changes nothing.
    """
    from ..toolkit.diagnosis.choice import choose_recovery
    from ..toolkit.diagnosis.recover_command import RecoverCommand
    from ..toolkit.diagnosis.recovery_end import reporting_card
    from ..toolkit.incident.stage_runner import run_stages
    from ..toolkit.workflows.on_actions import recover_on_actions
    from ..toolkit.workflows.planned_tip import ensure_as_planned

    project, log = incident.project, incident.log
    if on_actions:
        if recover_on_actions(project, log, pr, version):
            with reporting_card(project, log):
                verify.everything(incident.context)
        return
    given = RecoverCommand(pr, sha, skip_publish, version, app_version, accept, only_workflow)
    if redeploy:
        project.ensure_one_chart()
    command = choose_recovery(project, log, given)
    if command is None:
        return
    ensure_as_planned(project, log)
    stages = _stages(incident, command, redeploy)
    with reporting_card(project, log):
        run_stages(log, stages, project.github.pulls.state)


def _stages(
    incident: Incident, command: RecoverCommand, redeploy: bool
) -> dict[str, Callable[[], object]]:
    """Return the work of each stage, after all that can be checked before. Raises RecipeError."""
    from ..sandbox.rehearsal.start import find_rehearsal
    from ..toolkit.diagnosis.readiness import ensure_publishable
    from ..toolkit.diagnosis.release_outlook import watch_next_release
    from ..toolkit.workflows.redeployment import redeploy_and_verify
    from ..toolkit.workflows.touched import charts_of_change

    project, log, context = incident.project, incident.log, incident.context
    options = {"merge": True, "accept": command.accept, "only_workflow": command.only_workflow}
    charts = charts_of_change(project, command.pr, command.sha)

    def revert() -> None:
        if command.pr:
            rollback.revert(context, pr=command.pr, **options)
        else:
            rollback.commit(context, sha=command.sha, **options)
        watch_next_release(charts, log, find_rehearsal())

    stages: dict[str, Callable[[], object]] = {"Immediate": revert}
    if command.skip_publish:
        log.record_left_out(publish.everything.step)
    else:
        versions = {"version": command.version, "app_version": command.app_version}
        ensure_publishable(charts, **versions)
        stages["Quick"] = partial(publish.everything, context, **versions)
    stages["Full"] = partial(verify.everything, context)
    if redeploy:
        stages["Full"] = partial(redeploy_and_verify, project, log, stages["Full"])
    return stages

"""The root's own words: recover, doctor, drill, test, lint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from invoke.context import Context
from invoke.tasks import task

from . import publish, rollback, verify
from .toolkit.console import output
from .toolkit.console.findings import report, run_checks_of_charts
from .toolkit.console.signals import INTERRUPTED_RESTART, interrupt
from .toolkit.core.errors import BadInput, CheckFailed, ProgramMissing
from .toolkit.core.settings import variable_names
from .toolkit.diagnosis.readiness import ensure_publishable, setup_checks
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import EACH_CHART, exit_cleanly, recipe
from .toolkit.incident.stage_runner import run_stages
from .toolkit.workflows.touched import charts_of_change

report_set_up = partial(output.status, step="set-up")
DRILL_INTERRUPTED = "interrupted: the sandbox is deleted, and nothing else was changed"
RECOVER_HELP = {
    "pr": "the pull request that made the changes: 42, #42 or its URL",
    "sha": "or the commit",
    "skip-publish": "publish nothing by hand: only the workflow was at fault",
    "version": "publish under this version instead of Chart.yaml's",
    "app-version": "set this appVersion instead of Chart.yaml's",
    "accept": rollback.ACCEPT_HELP,
    **rollback.ONLY_WORKFLOW_HELP,
}
DRILL_HELP = {
    "scenario": "what goes wrong; `--scenario list` lists the scenarios",
    "keep": "keep the sandbox until Ctrl-C, and print the lines that move a shell into it",
}
TEST_HELP = {"all": "run the exhaustive tests too, as CI does", "only": "as pytest's -k: names"}


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


@recipe(takes=EACH_CHART, help={"json": "print the result as JSON on stdout"})
def doctor(incident: Incident, json: bool = False) -> None:
    """Check that everything a rollback needs is ready, and whether an incident is open."""
    checks = setup_checks(incident.project, incident.log)
    report("Ready to roll back?", run_checks_of_charts(checks, "failed", "failed"), json)


@task(help=DRILL_HELP)
def drill(_: Context, scenario: str = "publish", keep: bool = False) -> None:
    """Rehearse a rollback with the real programs, in a throw-away sandbox on this machine."""
    with _sandbox_step("drill", DRILL_INTERRUPTED):
        from .sandbox.drill import Drill  # noqa: PLC0415

        Drill(output, variable_names(), interrupt.blocked_for_child).start(scenario, keep)


@task(help=TEST_HELP)
def test(_: Context, all: bool = False, only: str = "") -> None:  # noqa: A002
    """Run the tests."""
    with _sandbox_step("test"):
        from .sandbox.development import run_tests  # noqa: PLC0415

        run_tests(report_set_up, all, only)


@task
def lint(_: Context) -> None:
    """Check style and types, strictly."""
    with _sandbox_step("lint"):
        from .sandbox.development import run_linters  # noqa: PLC0415

        run_linters(report_set_up)


@contextmanager
def _sandbox_step(step: str, interrupted: str = INTERRUPTED_RESTART) -> Iterator[None]:
    """Run the block as a step of the sandbox, which no recipe needs, and map its errors to ours."""
    with exit_cleanly(step, interrupted):
        from .sandbox.errors import Failed, UnknownScenario  # noqa: PLC0415
        from .sandbox.programs import InstallError  # noqa: PLC0415

        ours = {InstallError: ProgramMissing, UnknownScenario: BadInput, Failed: CheckFailed}
        try:
            yield
        except tuple(ours) as error:
            raise ours[type(error)](str(error)) from error

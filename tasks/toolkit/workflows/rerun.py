"""Publish by the workflow again: by hand with the inputs that it takes, or by a failed run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from ..clients.github.runs import Run
from ..clients.github.workflow_file import Workflow
from ..console.output import status
from ..console.result import note_chart
from ..core.errors import RecipeError
from ..core.shell import join
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.permissions import ensure_may_write
from ..incident.project import Project
from .callers import workflow_at
from .runs import naming_what_goes_on, report_result, watch_run

# The names of inputs that tell what they are.
VERSION_INPUTS = ("chart_version", "chart-version", "chartVersion", "version")
APP_VERSION_INPUTS = ("app_version", "app-version", "appVersion")


def rerun_command(
    project: Project,
    version: str,
    app_version: str,
    run: Run | None = None,
) -> str:
    """Return how to publish by the workflow again: by hand on the default branch, if it can be.

    That publishes `version`, or without one the version that Chart.yaml has there. `run` is the
    one that did not succeed, if there is one.
    """
    file = project.settings.workflow
    branch = project.default_branch
    workflow = None
    with suppress(RecipeError):  # the command is only advice
        tip = project.fetch_tip()
        workflow = project.ask_once(("workflow at", tip), partial(workflow_at, project, tip))
        if not version:
            chart = project.chart_at(tip)
            version = chart.version
            app_version = chart.app_version
    if workflow and workflow.inputs is None:
        return release_again(project, run)
    inputs: dict[str, str] = {}
    missing: list[str] = []
    if workflow:
        inputs, missing = known_inputs(workflow, version, app_version)
    words = project.github.actions.dispatch_command(file, branch, inputs)
    command = join(["gh", *words])
    more = "--raw-field=NAME=VALUE"
    if not project.github.typed.has_login:
        command = _dispatch_task(branch, inputs)
        more = "--input NAME=VALUE"
    if missing:
        names = " and ".join(missing)
        return f"`{command}`, with {more} for what it needs too: {names}"
    return command


def _dispatch_task(branch: str, inputs: Mapping[str, str]) -> str:
    """Return the task that runs the workflow, with the login that tasks have."""
    words = ["invoke", "prevention.dispatch", "--ref", branch]
    for name, value in inputs.items():
        words += ["--input", f"{name}={value}"]
    return join(words)


def known_inputs(
    workflow: Workflow,
    version: str,
    app_version: str,
) -> tuple[dict[str, str], list[str]]:
    """Return a workflow's inputs that take the versions, and those that it needs beside them."""
    values = dict.fromkeys(VERSION_INPUTS, version)
    values |= dict.fromkeys(APP_VERSION_INPUTS, app_version)
    inputs = workflow.accepted_values(values)
    missing = []
    for name in workflow.required_inputs:
        if name not in inputs:
            missing.append(name)
    return inputs, missing


def release_again(project: Project, run: Run | None) -> str:
    """Return how to publish again by a workflow that nobody can run by hand."""
    advice = f"release again, since {project.settings.workflow} has no workflow_dispatch"
    if run and run.status == "completed" and run.conclusion != "success":
        purpose = f"if run {run.id} failed by chance"
        rerun = project.github.typed.advice(purpose, "run", "rerun", str(run.id), "--failed")
        advice += f"; {rerun}"
    return advice


def rerun_and_watch(project: Project, log: IncidentLog, run: Run) -> None:
    """Re-run the failed jobs of a run that has ended, and watch the new attempt to its end.

    Raises Refused, CheckFailed, TookTooLong.
    """
    ensure_may_write(project)
    what = f"run {run.id} on {run.branch} ended in {run.conclusion}"
    status(f"{what}, {run.url}: its failed jobs are run again", "warning")
    with log.recording_step(opens=False, rerun=run.id) as outcome:
        if not project.github.actions.rerun(run):
            return
        note_chart(run_url=run.url)
        outcome.learn(Facts(run=run.id))
        with naming_what_goes_on(lambda: run.id):
            ended = watch_run(project, run.id, run.attempt + 1)
    report_result(ended)

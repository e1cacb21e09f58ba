"""A run of the workflow: why the newest failed, and how one that is in progress ends."""

from __future__ import annotations

import re
import sys

from ..clients.github.runs import FAILED, Run
from ..console.output import print_line, status
from ..console.result import note_chart
from ..core.errors import BadInput, CheckFailed, RecipeError, Refused, ServiceError
from ..incident.project import Project
from ..workflows.deployments import Deployments
from ..workflows.runs import newest_in_progress, watch_run
from .failure import Failure, explain_failure
from .failure_log import ERROR, OUTPUT_BEGINS, failed_sections

MOST_LINES = 40
MOST_JOBS = 2
STOPPED = ("cancelled", "action_required")  # by people or by a newer run: nothing failed
NUMBER = re.compile(r"(?:https?://\S+/runs/)?([0-9]{1,18})(?:[/?#]\S*)?")
GROUP = "##[group]"


def show_failed_step(project: Project, given: str, *, whole: bool) -> None:
    """Print the failed step of the newest failed run, or of the one that is given, with its log.

    That is the end of the log, unless `whole`. Raises BadInput, Refused, ServiceError.
    """
    tip = project.fetch_tip()
    run = _find_run(project, given) if given else _newest_failed(project, tip)
    if run is None:
        status(f"no run of {project.settings.workflow} has failed", "done")
        return
    if run.status != "completed":
        raise Refused(f"run {run.id} has not ended", f"invoke run.watch --run {run.id}")
    if run.conclusion not in FAILED:
        status(f"run {run.id} did not fail: {run.conclusion}, {run.url}", "done")
        return
    note_chart(run_url=run.url)
    print_line(run.url)
    failure = explain_failure(project, tip, run)
    if not failure.jobs:
        status(f"run {run.id} ended in {run.conclusion} before a job began", "warning")
    _print_logs(project, failure, whole=whole)


def _newest_failed(project: Project, tip: str) -> Run | None:
    """Return the newest run that failed; say if a newer one succeeded."""
    deployments = Deployments(project)
    runs = deployments.since(tip)
    failed = [run for run in runs if run.conclusion in FAILED and run.conclusion not in STOPPED]
    if not failed:
        return None
    newest = runs[0]
    if newest.conclusion == "success":
        status(f"a newer run succeeded: {newest.url}")
    return failed[0]


def _print_logs(project: Project, failure: Failure, *, whole: bool) -> None:
    """Print the failed steps of each job, and the end of what they printed."""
    for job in failure.jobs[:MOST_JOBS]:
        steps = ", ".join(job.failed_steps) or f"no step: {job.conclusion}"
        print_line(f"{job.name}: {steps}")
        try:
            log = project.github.actions.job_log(job.id)
        except RecipeError as error:
            if "HTTP 404" not in error.what and "HTTP 410" not in error.what:
                raise
            what = f"the log of the job {job.name} is gone: GitHub keeps logs for some weeks"
            raise ServiceError(what, f"see {failure.run.url}") from error
        lines = last_lines(log, sys.maxsize if whole else MOST_LINES)
        print_line(project.runner.mask(lines))
    left = len(failure.jobs) - MOST_JOBS
    if left > 0:
        status(f"jobs that failed too: {left}, see {failure.run.url}")


def last_lines(log: str, most: int = MOST_LINES) -> str:
    """Return the last lines that the failed steps of a job printed, or else the whole job."""
    sections = failed_sections(log)
    text = "\n".join(sections) or log
    for mark in (GROUP, ERROR):
        text = text.replace(mark, "")
    lines = []
    for line in text.split("\n"):
        if line.strip() and not line.startswith(OUTPUT_BEGINS):
            lines.append(line.rstrip())
    return "\n".join(lines[-most:])


def watch_newest_run(project: Project, given: str) -> None:
    """Follow the newest run, or the one that is given, until it ends.

    Raises CheckFailed if it does not succeed, TookTooLong, BadInput, ServiceError.
    """
    tip = project.fetch_tip()
    run = _find_run(project, given) if given else _newest(project, tip)
    status(f"run {run.id} on {run.branch}: {run.conclusion or run.status}, {run.url}")
    note_chart(run_url=run.url)
    ended = watch_run(project, run.id)
    deployments = Deployments(project)
    for other in deployments.since(tip):  # of a caller's run only some jobs count
        if other.id == ended.id and other.conclusion:
            ended = other
    if ended.conclusion == "success":
        status(f"run {ended.id} on {ended.branch}: success", "done")
        return
    raise CheckFailed(_describe(project, tip, ended), f"invoke run.logs --run {ended.id}")


def _newest(project: Project, tip: str) -> Run:
    deployments = Deployments(project)
    runs = deployments.since(tip)
    if not runs:
        what = f"{project.settings.workflow} has no run to watch"
        raise Refused(what, "`invoke prevention.branch` shows how it is started")
    return newest_in_progress(runs) or runs[0]


def _describe(project: Project, tip: str, run: Run) -> str:
    """Return in words how a run ended, with its failed steps as far as they are known."""
    what = f"run {run.id} ended in {run.conclusion}"
    try:
        failure = explain_failure(project, tip, run)
    except RecipeError:  # that it did not succeed is known
        return what
    return f"{what}, {failure}" if failure.steps else what


def _find_run(project: Project, given: str) -> Run:
    """Return the run with the number that was given. Raises BadInput."""
    number = NUMBER.fullmatch(given)
    if not number:
        raise BadInput(f"--run {given!r} is not a number", "take it from the URL of the run")
    try:
        return project.github.actions.run(int(number[1]))
    except RecipeError as error:
        if "HTTP 404" not in error.what:
            raise
        raise BadInput(
            f"{project.slug} has no run {number[1]}",
            f"see https://github.com/{project.slug}/actions",
        ) from error

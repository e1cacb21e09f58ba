"""Runs of the workflow: the one that was just started is found, and watched to its end."""

from __future__ import annotations

import shlex
from contextlib import suppress
from functools import partial

from ..clients.github.runs import Run
from ..console.output import status
from ..console.waiting import Pending
from ..core.errors import CheckFailed, RecipeError, ServiceError
from ..incident.project import Project


class ExpectedRun:
    """The run that `event` will start on the branch or tag `ref`, among those that exist."""

    def __init__(
        self,
        project: Project,
        event: str,
        ref: str,
    ) -> None:
        self.ref = ref
        self.number = 0  # until it has started
        self.has_ended = False
        self._project = project
        self._event = event
        self._earlier = self._list_runs()

    def _list_runs(self) -> list[Run]:
        runs = self._project.github.actions.runs(self._project.settings.workflow)
        return [run for run in runs if (run.event, run.branch) == (self._event, self.ref)]

    @property
    def earlier_in_progress(self) -> Run | None:
        """The newest earlier run of that kind that had not ended."""
        running = (run for run in self._earlier if run.status != "completed")
        return next(running, None)

    def find(self) -> int | Pending:
        """Return and keep the number of the run once it has started. Raises ServiceError."""
        newest = max((run.id for run in self._earlier), default=0)
        started = [run for run in self._list_runs() if run.id > newest]
        if len(started) > 1:
            what = f"{len(started)} runs started on {self.ref} at once, and any may be this one"
            raise ServiceError(what, " and ".join(run.url for run in started))
        if not started:
            return Pending(f"the run on {self.ref} to start")
        self.number = started[0].id
        return self.number

    def watch(self, number: int = 0) -> Run:
        """Wait until the run, whose `number` may be known, has ended. Raises TookTooLong."""
        file = self._project.settings.workflow
        advice = f"let {file} run on {self._event} of {self.ref}; see `invoke prevention.branch`"
        self.number = number or self._project.wait(self.find, advice)
        status(f"run {self.number} started on {self.ref}")
        run = watch_run(self._project, self.number)
        self.has_ended = True
        return run


def watch_run(project: Project, number: int) -> Run:
    """Wait until a run has ended, showing the step it is at. Raises TookTooLong."""
    ended = partial(project.github.actions.ended, number)
    return project.wait(ended, f"gh run watch {number} --repo {project.slug}")


def report_result(project: Project, run: Run) -> None:
    """Print that a run succeeded. Raises CheckFailed if it did not."""
    if run.conclusion != "success":
        what = f"run {run.id} on {run.branch} ended in {run.conclusion}, {run.url}"
        raise CheckFailed(what, f"gh run view {run.id} --log-failed --repo {project.slug}")
    status(f"run {run.id} on {run.branch}: success, {run.url}", "done")


def rerun_command(project: Project, version: str, app_version: str) -> str:
    """Return the command that runs the workflow by hand on the default branch.

    It publishes `version`, or without one the version that Chart.yaml has there.
    """
    branch = project.default_branch
    inputs: dict[str, str] = {}
    with suppress(RecipeError):  # the command is only advice
        tip = project.git.fetch(branch)
        if not version:
            chart = project.chart_at(tip)
            version = chart.version
            app_version = chart.app_version
        values = {"chart_version": version, "app_version": app_version}
        inputs = project.workflow_at(tip).accepted_values(values)
    words = project.github.actions.dispatch_command(project.settings.workflow, branch, inputs)
    return shlex.join(["gh", *words])

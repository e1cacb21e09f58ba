"""The runs that publish the chart: the workflow's own, and those of workflows that call it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from ..clients.github.releases import Release
from ..clients.github.runs import FAILED, Run, with_outcome_of
from ..clients.github.workflow_calls import Call
from ..incident.project import Project
from .callers import calls_at

MOST_CALLERS = 10  # runs of callers whose jobs are read


class Deployments:
    """The runs that publish the chart. A caller's run has the outcome of the called jobs."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._calls: dict[str, list[Call]] = {}

    @cached_property
    def own(self) -> list[Run]:
        """The newest runs of the workflow itself that publish for users. Raises WorkflowMissing."""
        project = self._project
        return project.github.actions.deployments(project.default_branch, project.settings.workflow)

    def of(self, release: Release, releases: Sequence[Release]) -> Run | None:
        """Return the run that published a release, or that should have; the newest of several.

        It is of the commit of the release's tag, or else was in progress when that was published.
        """
        is_alone = not self._project.releases.others
        branch = self._project.default_branch
        runs = [run for run in self.own if is_run_of(run, release, releases, branch, is_alone)]
        calls = self._calls_at(release.commit)
        if calls or not runs:
            runs += self._at_commit(release, calls)
        if calls and not runs:
            runs += self._callers_at(release.published_at, calls)
        return max(runs, key=lambda run: run.created_at, default=None)

    def newest(self, commit: str, since: datetime) -> Run | None:
        """Return the newest run since a time, where the callers are those at a commit."""
        runs = [run for run in self.own if run.created_at >= since][:1]
        for call in self._calls_at(commit):
            callers = self._runs_of(call, since)
            runs += self._called(callers[:MOST_CALLERS], [call])[:1]
        return max(runs, key=lambda run: run.created_at, default=None)

    def _calls_at(self, commit: str) -> list[Call]:
        if not commit:
            return []
        if commit not in self._calls:
            self._calls[commit] = calls_at(self._project, commit)
        return self._calls[commit]

    def _at_commit(self, release: Release, calls: Sequence[Call]) -> list[Run]:
        """Return the runs of a release's commit: of the workflow, and of its callers."""
        if not release.commit:
            return []
        project = self._project
        found = project.github.actions.runs(at=release.commit)
        branch = project.default_branch
        runs = [run for run in found if run.is_deployment(branch)]
        own = [run for run in runs if run.path == project.workflow_path]
        return own + self._called(runs, calls, is_release=True)

    def _callers_at(self, time: datetime, calls: Sequence[Call]) -> list[Run]:
        """Return the runs of callers that were in progress at a time."""
        runs = []
        for call in calls:
            listed = self._runs_of(call, datetime.min.replace(tzinfo=time.tzinfo))
            runs += self._called([run for run in listed if run.was_at(time)], [call])
        return runs

    def _runs_of(self, call: Call, since: datetime) -> list[Run]:
        file = call.caller.rpartition("/")[2]
        project = self._project
        listed = project.github.actions.deployments(project.default_branch, file)
        return [run for run in listed if run.created_at >= since]

    def _called(
        self,
        runs: Sequence[Run],
        calls: Sequence[Call],
        *,
        is_release: bool = False,
    ) -> list[Run]:
        """Return the runs that called the workflow, with the outcome of the called jobs.

        The run of a release that failed before the call counts too: it did not publish.
        """
        found = []
        for run in runs:
            for call in calls:
                if run.path != call.caller:
                    continue
                outcome = self._outcome(run, call, is_release=is_release)
                if outcome:
                    found.append(outcome)
                    break
        return found

    def _outcome(self, run: Run, call: Call, *, is_release: bool) -> Run | None:
        jobs = call.called_jobs(self._project.github.actions.jobs(run.id))
        if jobs:
            outcome = with_outcome_of(run, jobs)
            return None if outcome.conclusion == "skipped" else outcome
        if run.status != "completed":
            return run
        if is_release and run.conclusion in FAILED:
            return run
        return None


def is_run_of(
    run: Run,
    release: Release,
    releases: Sequence[Release],
    branch: str,
    is_alone: bool,
) -> bool:
    """Return whether a run of the workflow published a release, or should have.

    It is on the release's tag or commit. Or it was run on the default branch `branch` after the
    release and before the next one, and so published that again; with several charts
    (not `is_alone`) nobody knows which it published.
    """
    if run.branch == release.tag or run.commit == release.commit != "":
        return True
    if run.branch != branch:
        return False
    if run.was_at(release.published_at):
        return True
    times = [other.published_at for other in releases]
    next_time = min((time for time in times if time > release.published_at), default=None)
    is_before_next = next_time is None or run.created_at < next_time
    return is_alone and run.created_at >= release.published_at and is_before_next

"""What a run means for the chart: the outcome of those of its jobs that publish it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ..clients.github.runs import FAILED, Job, Run, with_outcome_of
from ..clients.github.workflow_calls import Call
from ..core.tag_pattern import possible_charts
from ..incident.project import Project


class Outcomes:
    """The outcomes of runs for the chart of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def of_own(self, run: Run) -> Run:
        """Return a run of the workflow itself; jobs that name another chart do not count."""
        if self._is_alone or run.conclusion not in FAILED:
            return run
        jobs = jobs_of(self._project, run)
        ours = []
        for job in jobs:
            if not self._is_of_another(job.name):
                ours.append(job)
        return with_outcome_of(run, ours) if len(ours) < len(jobs) else run

    def of_calls(self, run: Run, calls: Sequence[Call], *, is_release: bool = False) -> Run | None:
        """Return a caller's run with the outcome of the jobs that it called; None without such.

        The run of a release that failed before the call counts too: it did not publish.
        """
        calls = [call for call in calls if call.caller == run.path]
        if not calls:
            return None
        jobs = jobs_of(self._project, run)
        called = self._called_jobs(calls, jobs)
        if called:
            outcome = with_outcome_of(run, called)
            return None if outcome.conclusion == "skipped" else outcome
        if any(call.called_jobs(jobs) for call in calls):  # for another chart
            return None
        is_failing = any(job.conclusion in FAILED for job in jobs)
        if is_release and (is_failing or run.conclusion in FAILED):
            return run
        is_skipped = all(call.is_skipped(jobs) for call in calls)
        return run if run.status != "completed" and not is_skipped else None

    def _called_jobs(self, calls: Sequence[Call], jobs: Sequence[Job]) -> list[Job]:
        """Return the jobs of calls, if some name the chart those, and none that names another."""
        named, others = [], []
        for call in calls:
            for job in call.called_jobs(jobs):
                text = f"{job.name}\n{call.inputs}"
                if self._is_of_another(text):
                    continue
                if self._charts_in(text) and not self._is_alone:
                    named.append(job)
                else:
                    others.append(job)
        return named or others

    @property
    def _is_alone(self) -> bool:
        return self._project.releases.is_alone

    def _charts_in(self, text: str) -> frozenset[str]:
        return possible_charts(text, self._project.releases.charts)

    def _is_of_another(self, text: str) -> bool:
        charts = self._charts_in(text)
        return bool(charts) and self._project.releases.name not in charts


def jobs_of(project: Project, run: Run) -> list[Job]:
    """Return the jobs of a run, as checks of one moment share them. Raises ServiceError."""
    ask = partial(project.github.actions.jobs, run.id)
    return project.ask_once(("jobs", run.id), ask, changes=True)

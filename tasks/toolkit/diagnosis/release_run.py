"""What the run of the newest release alone means, before its chart is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..clients.github.releases import Release
from ..clients.github.runs import Run
from ..console.output import format_duration
from ..console.result import note_chart
from ..incident.project import Project
from ..workflows.deployments import Deployments
from .failure import Failure, find_failure


@dataclass(frozen=True)
class JudgedRun:
    """What a release's run alone means: its outcome, in words, and why it failed, if it did."""

    run: Run | None
    outcome: str
    evidence: str
    failure: Failure | None = None

    @property
    def needs_search(self) -> bool:
        """Whether the last good release will be looked for: the run published no chart."""
        return self.outcome == "fired" and not (self.failure and self.failure.has_pushed)


def judge_newest_run(project: Project, releases: Sequence[Release]) -> JudgedRun:
    """Judge the run of the newest release. Raises RecipeError."""
    release = releases[0]
    run = Deployments(project).of(release, releases)
    if run:
        note_chart(run_url=run.url)
    limit = project.settings.wait_timeout
    outcome, evidence = judge_run(release, run, limit, project.github.now)
    evidence += _name_caller(project, run)
    failure = find_failure(project, release, run)
    if failure and failure.steps:
        evidence += f"; {failure}"
    return JudgedRun(run, outcome, evidence, failure)


def _name_caller(project: Project, run: Run | None) -> str:
    """Return in words the file of a run, if that is another workflow that called WORKFLOW."""
    path = run.path if run else ""
    file = path.partition("@")[0].rpartition("/")[2]
    if file in ("", project.settings.workflow):
        return ""
    return f" (run of {file})"


def judge_run(
    release: Release,
    run: Run | None,
    limit: float,
    now: Callable[[], datetime],
) -> tuple[str, str]:
    """Judge a release's run alone; return its outcome and its evidence.

    A run that did not start within `limit` seconds never will; `now` asks GitHub for its time.
    """
    if run and run.status in ("completed", "in_progress"):
        return _judge_started(release, run)
    since = run.created_at if run else release.published_at
    seconds = (now() - since).total_seconds()
    is_late = seconds >= limit
    age = format_duration(seconds)
    if run is None and is_late:
        return "fired", f"no run of the workflow for {release.tag} was found"
    if run is None:
        return "unknown", f"{release.tag} is {age} old, and its workflow has not started"
    name = f"run {run.id} for {release.tag} is {run.status}"
    if is_late:
        return "fired", f"{name} since {age}, {run.url}"
    return "unknown", f"{name}, {run.url}"


def _judge_started(release: Release, run: Run) -> tuple[str, str]:
    name = f"run {run.id} for {release.tag}"
    if run.status == "in_progress":
        return "unknown", f"{name} is in_progress, {run.url}"
    outcome = "clear" if run.conclusion == "success" else "fired"
    return outcome, f"{name}: {run.conclusion}, {run.url}"


def is_pending(project: Project, release: Release, releases: list[Release]) -> bool:
    """Return whether the run of a release may yet publish its chart."""
    run = Deployments(project).of(release, releases)
    limit = project.settings.wait_timeout
    outcome, _ = judge_run(release, run, limit, project.github.now)
    return outcome == "unknown"

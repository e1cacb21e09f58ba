"""Whether the newest release's run published its chart: the first trigger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from ..clients.git.clones import RepositoryMissing
from ..clients.github.actions import WorkflowMissing
from ..clients.github.releases import Release
from ..clients.github.runs import Run
from ..clients.registry.manifest import Manifest
from ..clients.registry.reference import Reference
from ..console.findings import Finding
from ..console.output import format_duration
from ..console.result import note_chart
from ..core.errors import RecipeError, SettingError
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..recovery.package_access import publicity_advice
from ..recovery.withdraw import was_withdrawn
from ..workflows.deployments import Deployments
from .elsewhere import find_elsewhere
from .failure import Failure, find_failure
from .releases import published_manifest

WRONG_SETTINGS = (SettingError, WorkflowMissing, RepositoryMissing)  # checking again does not help

WAIT = "wait for the run, then run the same command again"
NO_REVERT = "an alias lets users install it, without a revert"
CHECK_LOGIN = "check that the token may read packages: invoke publish.check"
OTHER_VERSION = "publish the chart under another version: invoke publish.all --version next"


def check_publication(project: Project, log: IncidentLog, releases: list[Release]) -> Finding:
    """Fire if the newest release's run failed or never started, or users cannot get its chart.

    A run that failed after it pushed the chart leaves that published: something else failed.
    """
    release = releases[0]
    run = Deployments(project).of(release, releases)
    _note_run(run)
    limit = project.settings.wait_timeout
    outcome, evidence = judge_run(release, run, limit, project.github.now)
    evidence += _name_caller(project, run)
    failure = find_failure(project, release, run)
    if failure and failure.steps:
        evidence += f"; {failure}"
    name = log.facts.name
    try:
        reference = project.install_reference(name).with_version(release.version)
        manifest, is_private = published_manifest(project, reference)
    except WRONG_SETTINGS:
        raise
    except RecipeError as error:
        if outcome != "fired":
            raise
        evidence += f"; could not check whether its chart is published: {error.what}"
        return Finding("publish", "fired", evidence)
    _note_published(release, reference, manifest)
    problem, advice = _find_problem(project, reference, manifest, is_private)
    if problem:
        return Finding("publish", "fired", f"{evidence}; {reference} {problem}", advice)
    outcome = judge_publication(outcome, run, manifest is not None, failure)
    if manifest:
        return Finding("publish", outcome, f"{evidence}; {reference} is published")
    state = "withdrawn" if was_withdrawn(project, log, release.version) else "not published"
    advice = WAIT if outcome == "unknown" else ""
    finding = Finding("publish", outcome, f"{evidence}; {reference} is {state}", advice)
    return _add_elsewhere(project, release, name, finding)


def _note_run(run: Run | None) -> None:
    if run:
        note_chart(run_url=run.url)


def _note_published(release: Release, reference: Reference, manifest: Manifest | None) -> None:
    if manifest:
        note_chart(reference=reference.oci, version=release.version, digest=manifest.digest)


def _add_elsewhere(project: Project, release: Release, name: str, finding: Finding) -> Finding:
    """Return the finding on a missing chart, with the reference that has it, if any."""
    if finding.outcome != "fired":
        return finding
    elsewhere = find_elsewhere(project, release, name or project.chart.name)
    if elsewhere is None:
        return finding
    stands = f"{release.version} is published at {elsewhere.reference.oci}"
    evidence = f"{finding.evidence}\n{stands}, where helm appended the name: {NO_REVERT}"
    return replace(finding, evidence=evidence, next=elsewhere.advice)


def _name_caller(project: Project, run: Run | None) -> str:
    """Return in words the file of a run, if that is another workflow that called WORKFLOW."""
    path = run.path if run else ""
    file = path.partition("@")[0].rpartition("/")[2]
    if file in ("", project.settings.workflow):
        return ""
    return f" (run of {file})"


def _find_problem(
    project: Project,
    reference: Reference,
    manifest: Manifest | None,
    is_private: bool,
) -> tuple[str, str]:
    """Return why users cannot install what a reference names, if it does, and what to do."""
    if is_private and manifest is None:
        return "is denied to this login too: whether it exists is unknown", CHECK_LOGIN
    if manifest and not manifest.is_chart:
        return f"is {manifest.kind}, not a chart", OTHER_VERSION
    if is_private:
        return "is private: users cannot install it", publicity_advice(project, reference)
    return "", ""


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


def judge_publication(
    outcome: str,
    run: Run | None,
    is_published: bool,
    failure: Failure | None = None,
) -> str:
    """Return what a release's run, whose outcome on its own is given, and its chart mean.

    A published chart without a run is no failure, but nobody checked it.
    """
    if is_published and failure and failure.has_pushed:
        return "unverified"
    if not is_published and outcome == "clear":
        return "fired"
    if is_published and run is None:
        return "clear" if outcome == "unknown" else "unverified"
    return outcome

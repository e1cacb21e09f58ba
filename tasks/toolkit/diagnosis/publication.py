"""Whether the newest release's run published its chart: the first trigger."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial

from ..clients.git.clones import RepositoryMissing
from ..clients.github.actions import WorkflowMissing
from ..clients.github.releases import Release
from ..clients.github.runs import Run
from ..clients.registry.manifest import Manifest
from ..clients.registry.reference import Reference
from ..console.findings import Finding
from ..console.result import note_chart
from ..console.waiting import meanwhile
from ..core.errors import RecipeError, SettingError
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..recovery.package_access import publicity_advice
from ..recovery.withdraw import was_withdrawn
from .elsewhere import find_elsewhere
from .failure import Failure
from .failure_log import read_log
from .release_run import JudgedRun, judge_newest_run
from .releases import published_manifest
from .trouble import find_trouble

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
    name = log.facts.name
    with meanwhile(partial(_read_manifest, project, release, name)) as (published,):
        judged = judge_newest_run(project, releases)
    searches: list[Callable[[], object]] = []
    if judged.needs_search:  # what the investigation asks next
        searches.append(partial(find_trouble, project, release, ["publish"], name))
    if judged.needs_search and judged.failure:
        searches.append(partial(read_log, project, judged.failure))
    with meanwhile(*searches):
        return _judge_chart(project, log, release, judged, published)


Published = tuple[Reference, Manifest | None, bool]


def _read_manifest(project: Project, release: Release, name: str) -> Published:
    """Return the reference of a release's chart, what it names, and whether that is private."""
    reference = project.install_reference(name).with_version(release.version)
    return reference, *published_manifest(project, reference)


def _judge_chart(
    project: Project,
    log: IncidentLog,
    release: Release,
    judged: JudgedRun,
    published: Future[Published],
) -> Finding:
    """Return the finding on a release whose run was judged, and what was published."""
    outcome, evidence = judged.outcome, judged.evidence
    try:
        reference, manifest, is_private = published.result()
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
    outcome = judge_publication(outcome, judged.run, manifest is not None, judged.failure)
    if manifest:
        return Finding("publish", outcome, f"{evidence}; {reference} is published")
    state = "withdrawn" if was_withdrawn(project, log, release.version) else "not published"
    advice = WAIT if outcome == "unknown" else ""
    finding = Finding("publish", outcome, f"{evidence}; {reference} is {state}", advice)
    return _add_elsewhere(project, release, log.facts.name, finding)


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

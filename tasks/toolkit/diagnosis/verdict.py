"""Whether to roll back: which triggers fired, who is suspected, and what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial

from ..clients.github.releases import Release
from ..console.findings import Finding, run_checks
from ..console.waiting import in_background
from ..core.errors import BadInput, CheckFailed, RecipeError, ServiceError
from ..core.versions import is_higher
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..workflows.runs import rerun_command
from .releases import highest_release
from .suspects import Suspect, find_suspect
from .triggers import TRIGGERS, WRONG_SETTINGS

COULD_NOT_TELL = "could not tell"
SYMPTOMS = {
    "publish": "publication failed",
    "versions": "versions are out of sync",
    "users": "users report installation issues",
}


def check_triggers(
    project: Project, log: IncidentLog, names: Sequence[str]
) -> tuple[str, list[Finding]]:
    """Check triggers by name, at the same time; return the verdict and the findings.

    Raises BadInput for a wrong setting.
    """
    newest = in_background(partial(_newest_releases, project))
    checks = {name: partial(_check_trigger, name, project, log, newest) for name in names}
    findings = run_checks(checks, "unknown")
    outcomes = [finding.outcome for finding in findings]
    if "fired" in outcomes:
        return _advise(project, log, newest.result(), findings)
    if "unknown" in outcomes:
        return COULD_NOT_TELL, findings
    return "no need to roll back", findings


def ensure_clear(findings: list[Finding]) -> None:
    """Raise CheckFailed if a trigger fired, ServiceError if one is unknown."""
    fired = [finding for finding in findings if finding.outcome == "fired"]
    unknown = [finding.name for finding in findings if finding.outcome == "unknown"]
    if fired:
        symptoms = " and ".join(SYMPTOMS[finding.name] for finding in fired)
        raise CheckFailed(symptoms, fired[0].next.partition("\n")[0])
    if unknown:
        raise ServiceError(f"could not check {' and '.join(unknown)}", "the table says why")


def _newest_releases(project: Project) -> list[Release]:
    return project.github.releases.newest()


def _check_trigger(
    name: str,
    project: Project,
    log: IncidentLog,
    newest: Future[list[Release]],
) -> Finding:
    """Check a trigger; bad input leaves it unknown, unless it is a setting."""
    try:
        releases = newest.result()
        if not releases:
            return Finding(name, "clear", "nothing was released yet")
        return TRIGGERS[name](project, log, releases)
    except WRONG_SETTINGS:
        raise
    except BadInput as error:
        return Finding(name, "unknown", error.what, error.advice)


def _advise(
    project: Project,
    log: IncidentLog,
    releases: list[Release],
    findings: list[Finding],
) -> tuple[str, list[Finding]]:
    """Return the verdict, and the findings with the suspect and the next command added."""
    fired = [finding for finding in findings if finding.outcome == "fired"]
    revertible = [finding.name for finding in fired if not _is_private(finding)]
    if not revertible:
        return "make the package public", findings
    release = releases[0] if "publish" in revertible else highest_release(releases)
    suspect = _suspect(project, log, releases, release)
    advised = []
    for finding in findings:
        if finding.name not in revertible:
            advised.append(finding)
            continue
        evidence = f"{finding.evidence}\n{suspect.description}"
        advice = suspect.command or finding.next
        if not advice:
            advice = _remaining_work(project, finding, suspect, release)
        advised.append(replace(finding, evidence=evidence, next=advice))
    verdict = "roll back" if suspect.command else "rolled back already"
    return verdict, advised


def _is_private(fired: Finding) -> bool:
    """Return whether only the package must be made public: publication has no other advice."""
    return fired.name == "publish" and bool(fired.next)


def _suspect(
    project: Project,
    log: IncidentLog,
    releases: list[Release],
    release: Release,
) -> Suspect:
    """Return the suspect, or why there is none: what fired is reported in any case."""
    try:
        return find_suspect(project, log, releases, release)
    except RecipeError as error:
        alternative = error.advice or "run the same command again"
        command = f"invoke recover --pr NUMBER, with the one that caused it; or {alternative}"
        return Suspect(f"the suspect could not be looked up: {error.what}", command, "")


def _remaining_work(
    project: Project,
    finding: Finding,
    suspect: Suspect,
    release: Release,
) -> str:
    """Return what is left to do once users get a chart with the revert."""
    is_above = is_higher(suspect.published, release.version)
    if finding.name == "publish" and not is_above:
        return rerun_command(project, suspect.published, release.version)
    above = f" above {suspect.published}" if is_above else ""
    return f"release a version{above} with the revert, its version and appVersion in Chart.yaml"

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
from .publication import WRONG_SETTINGS
from .releases import highest_release
from .suspects import Suspect, find_suspect
from .triggers import TRIGGERS

COULD_NOT_TELL = "could not tell"
SYMPTOMS = {
    "publish": "publication failed",
    "versions": "versions are out of sync",
    "users": "users report installation issues",
}


def check_triggers(
    project: Project,
    log: IncidentLog,
    names: Sequence[str],
) -> tuple[str, list[Finding]]:
    """Check triggers by name, at the same time; return the verdict and the findings.

    Raises BadInput for a wrong setting.
    """
    newest = in_background(partial(_newest_releases, project))
    checks = {name: partial(_check_trigger, name, project, log, newest) for name in names}
    findings = run_checks(checks, "unknown")
    outcomes = {finding.outcome for finding in findings}
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
    return project.releases.newest()


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
    names = revertible(findings)
    if not names:
        return "make the package public", findings
    release = release_to_recover(names, releases)
    suspect = _suspect(project, log, releases, release)
    advised = []
    for finding in findings:
        if finding.name in names:
            advised.append(_add_suspect(project, finding, suspect, release))
        else:
            advised.append(finding)
    verdict = "roll back" if suspect.command else "rolled back already"
    return verdict, advised


def revertible(findings: list[Finding]) -> list[str]:
    """Return the names of the triggers that fired, and for which a revert may help.

    A private package must only be made public: publication has no other advice of its own.
    """
    names = []
    for finding in findings:
        is_private = finding.name == "publish" and finding.next
        if finding.outcome == "fired" and not is_private:
            names.append(finding.name)
    return names


def release_to_recover(names: list[str], releases: list[Release]) -> Release:
    """Return the newest release if its publication fired, else the highest."""
    if "publish" in names:
        return releases[0]
    return highest_release(releases)


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


def _add_suspect(
    project: Project,
    finding: Finding,
    suspect: Suspect,
    release: Release,
) -> Finding:
    """Return the finding with the suspect and what to do: recover, or what is left after that."""
    evidence = f"{finding.evidence}\n{suspect.description}"
    advice = suspect.command or finding.next
    if not advice:
        advice = remaining_release(suspect.published, release.version)
        if finding.name == "publish" and not is_higher(suspect.published, release.version):
            advice = rerun_command(project, suspect.published, release.version)
    return replace(finding, evidence=evidence, next=advice)


def remaining_release(published: str, release: str) -> str:
    """Return which release is needed after a recovery of `release` that published a version."""
    above = ""
    if is_higher(published, release):
        above = f" above {published}"
    return f"release a version{above} with the revert, its version and appVersion in Chart.yaml"

"""Whether to roll back: which triggers fired, who is suspected, and what to type next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ..clients.github.releases import Release
from ..console.findings import Finding, join_names, run_checks
from ..console.waiting import in_background, meanwhile
from ..core.errors import BadInput, CheckFailed, ServiceError
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..workflows.public import public_tags
from .cause import find_cause, release_to_recover, revertible
from .elsewhere import as_first_aid, is_alias
from .investigation import Investigation
from .publication import WRONG_SETTINGS
from .settlement import Settlement
from .suspicion import NoSuspicion, Suspicion
from .triggers import TRIGGERS

ROLL_BACK = "roll back"
MAKE_PUBLIC = "make the package public"
COULD_NOT_TELL = "could not tell"
ROLLED_BACK = "rolled back already"
NO_NEED = "no need to roll back"
SLOWEST = "users"  # which waits for helm; the cause of the others is looked for meanwhile
VERDICTS = (ROLL_BACK, MAKE_PUBLIC, COULD_NOT_TELL, ROLLED_BACK, NO_NEED)
SYMPTOMS = {
    "publish": "publication failed",
    "versions": "versions are out of sync",
    "users": "users have installation issues",
}


@dataclass(frozen=True)
class Verdict:
    """The verdict in words, the findings on the triggers, and the suspects as JSON has them.

    `cause` is what the incident's journal keeps of the suspicion.
    """

    text: str
    findings: list[Finding]
    suspects: list[dict[str, Any]] = field(default_factory=list)
    cause: Mapping[str, str] = field(default_factory=dict)

    @property
    def pull(self) -> int:
        """The pull request that is the only clear suspect; 0 if there is none."""
        clear = {suspect["number"] for suspect in self.suspects if suspect["is_clear"]}
        number = clear.pop() if len(clear) == 1 else None
        return number or 0


def check_triggers(project: Project, log: IncidentLog, names: Sequence[str]) -> Verdict:
    """Check triggers by name, at the same time, and look for what caused those that fired.

    Raises BadInput for a wrong setting.
    """
    project = project.sharing_reads()
    newest = in_background(partial(_newest_releases, project))
    checks = {}
    for name in names:
        checks[name] = partial(_check_trigger, name, project, log, newest)
    slow = {}
    if SLOWEST in checks:
        slow[SLOWEST] = checks.pop(SLOWEST)
    check_slowly = partial(run_checks, slow, "unknown")
    read_tags = partial(_read_tags, project, log)
    with meanwhile(check_slowly) as (checking,), meanwhile(read_tags):
        findings = run_checks(checks, "unknown")
        if revertible(findings):
            early = _investigation(project, log, newest.result(), findings)
            find_cause(early)
        findings += checking.result()
    outcomes = {finding.outcome for finding in findings}
    if "fired" in outcomes:
        return _advise(project, log, newest.result(), findings)
    return _conclude(findings, NO_NEED)


def _read_tags(project: Project, log: IncidentLog) -> None:
    """Ask early for what anybody sees in the registry, since most checks need it."""
    reference = project.install_reference(log.facts.name)
    public_tags(project, reference)


def _investigation(
    project: Project,
    log: IncidentLog,
    releases: list[Release],
    findings: Sequence[Finding],
) -> Investigation:
    names = revertible(findings)
    release = release_to_recover(names, releases)
    return Investigation(project, log, releases, release, tuple(names))


def _conclude(findings: list[Finding], verdict: str) -> Verdict:
    """Return the verdict on findings of which none fired."""
    if "unknown" in {finding.outcome for finding in findings}:
        return Verdict(COULD_NOT_TELL, findings)
    return Verdict(verdict, findings)


def ensure_clear(findings: list[Finding]) -> None:
    """Raise CheckFailed if a trigger fired, ServiceError if one is unknown."""
    fired = [finding for finding in findings if finding.outcome == "fired"]
    unknown = [finding.label for finding in findings if finding.outcome == "unknown"]
    if fired:
        symptoms = []
        for finding in fired:
            symptom = SYMPTOMS[finding.name]
            symptoms.append(f"{finding.chart} {symptom}".lstrip())
        advised = fired[0].advice.split("\n")
        cures = [line for line in advised if not is_alias(line)]
        raise CheckFailed(join_names(symptoms), cures[0] if cures else advised[0])
    if unknown:
        raise ServiceError(
            f"could not check {join_names(unknown)}", "see the evidence in the table"
        )


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
) -> Verdict:
    """Return the verdict, and the findings with the suspects and the next command added.

    What users got since, with a recovery, does not fire any more.
    """
    names = revertible(findings)
    if not names:
        return Verdict(MAKE_PUBLIC, findings)
    investigation = _investigation(project, log, releases, findings)
    suspicion = find_cause(investigation)
    if isinstance(suspicion, Suspicion) and suspicion.recovery:
        recovery = suspicion.recovery
        settlement = Settlement(project, log, releases, investigation.release, recovery)
        findings = [settlement.settle(finding) for finding in findings]
        names = revertible(findings)
        if not names:
            return _conclude(findings, ROLLED_BACK)
        suspicion = find_cause(replace(investigation, fired=tuple(names), is_settled=True))
    advised = [_add_suspects(finding, names, suspicion) for finding in findings]
    if not isinstance(suspicion, Suspicion):
        return Verdict(ROLL_BACK, advised)
    return Verdict(ROLL_BACK, advised, suspicion.as_data(), suspicion.as_cause())


def _add_suspects(
    finding: Finding, names: Sequence[str], suspicion: Suspicion | NoSuspicion
) -> Finding:
    """Return a finding that fired with the suspects; the first such finding says why."""
    if finding.name not in names:
        return finding
    evidence, advice = suspicion.evidence, suspicion.advice
    if finding.name != names[0]:
        evidence = suspicion.summary
        advice = f"as for {names[0]}" if "\n" in advice else advice
    if is_alias(finding.next):
        advice = f"{as_first_aid(finding.next)}\n{advice}"
    return replace(finding, evidence=f"{finding.evidence}\n{evidence}", next=advice)

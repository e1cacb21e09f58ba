"""The card at the end of a recovery: what users get now, and what is left to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress

from ..clients.github.typed import LOGIN_FIRST
from ..clients.registry.reference import Reference
from ..console.findings import STALE, Finding
from ..core.errors import RecipeError
from ..core.shell import join
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project, each_chart
from ..reports.card import Card, UsersGet
from ..workflows.touched import covered_charts
from .elsewhere import is_alias
from .releases import newest_published

REDEPLOY = "invoke recover --redeploy"
STARTS_WORKFLOW = ("gh workflow run ", "invoke prevention.dispatch ")
RERUN = re.compile(rf"(?:, {LOGIN_FIRST})?: gh run rerun [^\n;`]*")
FOR_USERS = ("chart", "install")  # the checks of what users do
SHORT = {"workflow": "no run since the revert"}


def recovery_card(project: Project, log: IncidentLog, fired: Sequence[Finding] = ()) -> Card:
    """Return the card of the open incident, after its verification.

    `fired` are the triggers that still fire.
    """
    facts = log.facts
    verified = {finding.chart for finding in log.verified}
    covered = [one.project for one in covered_charts(project, facts)]
    released = [chart for chart in covered if chart.label in verified]
    charts = []
    for chart in each_chart(released):
        charts.append(_users_get(chart, log.facts))
    left = []
    for finding in log.verified:
        if finding.outcome in ("passed", STALE):
            continue
        what = _describe(finding)
        left.append((what, next_line(finding)))
    for finding in fired:
        lines = [line for line in finding.advice.split("\n") if not is_alias(line)]
        left.append((f"{finding.label} still fires: {_reason(finding)}", "\n".join(lines)))
    return Card(
        charts=tuple(charts),
        pull=facts.revert,
        pull_url=facts.revert_url,
        merged_as=facts.good_commit[:12],
        left=tuple(left),
        can_install=not fired and _can_install(log.verified),
    )


def _can_install(findings: Sequence[Finding]) -> bool:
    """Return whether users are served: what is left, such as a run, is for the next release."""
    for finding in findings:
        if finding.unread or finding.outcome == "failed":
            return False
        if finding.name in FOR_USERS and finding.outcome != "passed":
            return False
    return True


def _users_get(project: Project, facts: Facts) -> UsersGet:
    """Return what users get of a chart: what was published, else the newest that there is."""
    reference = project.install_reference(facts.name)
    version = ""
    if facts.published:
        version = facts.version
    digest = facts.digest
    with suppress(RecipeError):  # the card shows the rest
        version = version or newest_published(project, reference)
    if version:
        digest = _read_digest(project, reference.with_version(version)) or digest
    words = ["helm", "upgrade", "--install", reference.name, reference.oci]
    if version:
        words += ["--version", version]
    if project.settings.plain_http:
        words.append("--plain-http")
    return UsersGet(
        version=version,
        reference=reference.oci,
        digest=digest,
        install=join(words),
        chart=project.label,
    )


def _read_digest(project: Project, reference: Reference) -> str:
    """Return the digest that users get at a reference; nothing if it could not be read."""
    with suppress(RecipeError):
        registry = project.registry(reference, anonymous=True)
        manifest = registry.manifest(reference)
        if manifest:
            return manifest.digest
    return ""


def _reason(finding: Finding) -> str:
    first, *_ = finding.evidence.split("\n")
    return first


def _describe(finding: Finding) -> str:
    """Return in words which check did not pass, and why, in short."""
    why = _reason(finding)
    if finding.unread:
        return f"{finding.label} could not be checked: {why}"
    if finding.outcome != "unverified":
        return f"{finding.label} {finding.outcome}: {why}"
    why = SHORT.get(finding.name, why)
    return f"{finding.label} is not verified: {why}"


def next_line(finding: Finding) -> str:
    """Return what to type; the workflow is run by the same task, which needs no login of gh."""
    for command in STARTS_WORKFLOW:
        if command in finding.advice:
            return REDEPLOY
    return RERUN.sub(f": {REDEPLOY}", finding.advice)

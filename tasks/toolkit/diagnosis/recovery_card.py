"""The card at the end of a recovery: what users get now, and what is left to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from invoke.exceptions import Exit

from ..clients.github.typed import LOGIN_FIRST
from ..clients.registry.reference import Reference
from ..console.findings import STALE, Finding
from ..console.output import format_duration, print_text, status
from ..console.result import collected_result
from ..console.shown_findings import before_card
from ..console.terminal import out, width_of
from ..core.errors import RecipeError
from ..core.shell import join
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project, each_chart
from ..reports.card import Card, UsersGet
from ..reports.notice import has_notes
from ..workflows.touched import covered_charts
from .releases import newest_published

REDEPLOY = "invoke recover --redeploy"
STARTS_WORKFLOW = ("gh workflow run ", "invoke prevention.dispatch ")
RERUN = re.compile(rf"(?:, {LOGIN_FIRST})?: gh run rerun [^\n;`]*")
SHORT = {"workflow": "no run since the revert"}


def recovery_card(project: Project, log: IncidentLog) -> Card:
    """Return the card of the open incident, after its verification."""
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
    return Card(
        charts=tuple(charts),
        pull=facts.revert,
        pull_url=facts.revert_url,
        merged_as=facts.good_commit[:12],
        left=tuple(left),
        next=_reports(project),
    )


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


def _describe(finding: Finding) -> str:
    """Return in words which check did not pass, and why, in short."""
    why, *_ = finding.evidence.split("\n")
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


def _reports(project: Project) -> str:
    """Return the tasks that tell users; a release without notes can hold no notice."""
    tasks = "invoke support.incident"
    with suppress(RecipeError):
        if has_notes(project):
            tasks += " support.notify"
    return tasks


@contextmanager
def reporting_card(project: Project, log: IncidentLog) -> Iterator[None]:
    """Print the card after a recovery whose checks have run, also if they did not pass.

    A plan has made no changes, so that it has no card.
    """
    try:
        with before_card():
            yield
    except Exit:
        _print_card(project, log)
        raise
    card = _print_card(project, log)
    if card is None:
        return
    elapsed = format_duration(log.journal.elapsed())
    if card.is_recovered:
        log.announce(f"recovered, {elapsed} after the incident was opened")
    else:
        status(f"not recovered yet, {elapsed} after the incident was opened", "warning")
    status(f"to tell users: {card.next}", "next")


def _print_card(project: Project, log: IncidentLog) -> Card | None:
    """Print the card and return it; None where nothing was verified."""
    if not log.verified:
        return None
    card = recovery_card(project, log)
    text = card.text(width_of(out))
    result = collected_result()
    if result:
        for _, command in card.left:
            result.add_next(command)
        result.output.append(text.plain.strip())
    print_text(text)
    return card

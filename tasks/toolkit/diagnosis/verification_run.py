"""Run the checks after a rollback for every chart that it is about, and read again after a wait."""

from __future__ import annotations

from collections.abc import Sequence

from ..console.finding import unread_labels
from ..console.findings import (
    Finding,
    failing,
    report,
    run_checks_of_charts,
    stale_as_failed,
)
from ..console.output import status
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..workflows.released import released_charts
from ..workflows.touched import covered_charts
from .verification import WaitingCheck, verification_checks

WORKFLOW = "workflow"
MOST_LINES = 8  # of a check's evidence, in a table of several


def report_verification(
    project: Project,
    log: IncidentLog,
    names: Sequence[str],
    strict: bool,
) -> None:
    """Run checks by name, show and record what they find. Raises CheckFailed, ServiceError."""
    if log.has_planned_changes:
        status("skipped in the dry run: the changes to verify were not made")
        return
    findings = run_verification(project, log, names)
    project.watches.finish()
    log.verified = findings
    most_lines = MOST_LINES
    if len(names) == 1:
        most_lines = 0
        findings = [stale_as_failed(finding) for finding in findings]
    outcomes = {finding.label: finding.outcome for finding in findings}
    is_passed = not failing(findings, strict) and not unread_labels(findings)
    log.record_check(is_passed, checks=outcomes)
    report("Verification after rollback", findings, strict, most_lines)


def run_verification(project: Project, log: IncidentLog, names: Sequence[str]) -> list[Finding]:
    """Run checks by name at the same time, and return what they find of charts with a release.

    If that of the workflow waited for a run, the others are run again: that run may have published.
    """
    waiting = WaitingCheck()
    findings = _run(project, log, names, waiting)
    if not waiting.has_waited:
        return findings
    others = [name for name in names if name != WORKFLOW]
    again = {}
    for finding in _run(project, log, others, waiting):
        again[finding.label] = finding
    newest = []
    for finding in findings:
        newest.append(again.get(finding.label, finding))
    return newest


def _run(
    project: Project,
    log: IncidentLog,
    names: Sequence[str],
    waiting: WaitingCheck,
) -> list[Finding]:
    covered = covered_charts(project, log.facts)
    charts = [one.project for one in covered]
    checks = verification_checks(charts, log, names, waiting)
    findings = run_checks_of_charts(checks, "unverified")
    failed = {finding.chart for finding in findings if finding.outcome == "failed"}
    released = [chart.label for chart in released_charts(covered, failed)]
    return [finding for finding in findings if finding.chart in released]

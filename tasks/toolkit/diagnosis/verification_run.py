"""Run the checks after a rollback for every chart that it is about, and read again after a wait."""

from __future__ import annotations

from collections.abc import Sequence

from ..console.findings import Finding, run_checks_of_charts
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..workflows.released import released_charts
from ..workflows.touched import covered_charts
from .verification import WaitingCheck, verification_checks

WORKFLOW = "workflow"


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

"""Verification After Rollback."""

from __future__ import annotations

from collections.abc import Sequence

from .toolkit.console.finding import unread_labels
from .toolkit.console.findings import (
    failing,
    report,
    stale_as_failed,
)
from .toolkit.console.output import status
from .toolkit.diagnosis.verification import CHECKS
from .toolkit.diagnosis.verification_run import run_verification
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import EACH_CHART, recipe

MOST_LINES = 8  # of a check's evidence, in a table of several
OPTIONS = {"strict": "count unverified and stale as failed"}


@recipe(takes=EACH_CHART, help=OPTIONS)
def workflow(incident: Incident, strict: bool = False) -> None:
    """1. Check Workflow Status: `gh workflow view publish-helm.yml`.

    And its newest run: `gh run list --workflow publish-helm.yml`.
    """
    _verify(incident, ["workflow"], strict)


@recipe(takes=EACH_CHART, help=OPTIONS)
def chart(incident: Incident, strict: bool = False) -> None:
    """2. Verify Chart Availability: `helm show chart oci://ghcr.io/stianfro/threek8s/chart`."""
    _verify(incident, ["chart"], strict)


@recipe(takes=EACH_CHART, help=OPTIONS)
def install(incident: Incident, strict: bool = False) -> None:
    """3. Test Installation, without installing anything.

    `helm install test-rollback oci://ghcr.io/stianfro/threek8s/chart --dry-run`
    """
    _verify(incident, ["install"], strict)


@recipe(takes=EACH_CHART, help=OPTIONS)
def path(incident: Incident, strict: bool = False) -> None:
    """Compare where the workflow pushes now with REGISTRY and CHART_REF: host, path, name."""
    _verify(incident, ["path"], strict)


@recipe(takes=EACH_CHART, help=OPTIONS)
def references(incident: Incident, strict: bool = False) -> None:
    """Look up each reference of the chart that README, docs and release notes tell users."""
    _verify(incident, ["references"], strict)


@recipe(takes=EACH_CHART, name="all", default=True, help=OPTIONS)
def everything(incident: Incident, strict: bool = False) -> None:
    """Run all checks after a rollback at the same time, and show them in one table.

    What has not happened yet is unverified: only --strict counts that, and stale references as
    long as users can install the chart. A check that could not look ends with 3.
    """
    _verify(incident, list(CHECKS), strict)


def _verify(
    incident: Incident,
    names: Sequence[str],
    strict: bool,
) -> None:
    """Run checks by name, show and record them, and fail if any did not pass."""
    if incident.log.has_planned_changes:
        status("left out of the dry run: the changes to verify were not made")
        return
    findings = run_verification(incident.project, incident.log, names)
    incident.log.verified = findings
    most_lines = MOST_LINES
    if len(names) == 1:
        most_lines = 0
        findings = [stale_as_failed(finding) for finding in findings]
    outcomes = {finding.label: finding.outcome for finding in findings}
    is_passed = not failing(findings, strict) and not unread_labels(findings)
    incident.log.record_check(is_passed, checks=outcomes)
    report("Verification after rollback", findings, strict, most_lines)

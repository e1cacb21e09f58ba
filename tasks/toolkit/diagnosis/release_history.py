"""The newest releases of one chart or several: which came out well, and which is good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ..clients.github.releases import Release
from ..console.findings import (
    Finding,
    join_names,
    of_chart,
    run_checks_of_charts,
    show_findings,
)
from ..console.waiting import run_parallel
from ..core.errors import BadInput, CheckFailed, RecipeError, SettingError
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..workflows.released import released_charts
from ..workflows.touched import covered_charts
from .installability import check_installation
from .release_checks import ReleaseChecks, find_good_release
from .releases import highest_first


@dataclass(frozen=True)
class GoodRelease:
    """The tag of a chart's last good release, if there is one, and what was found of the newest."""

    chart: str
    tag: str
    findings: Sequence[Finding]


def check_newest_releases(project: Project, log: IncidentLog, count: int) -> list[Finding]:
    """Check the newest releases, `count` of each chart. Raises BadInput if there are none."""
    charts = released_charts(covered_charts(project, log.facts))
    calls = []
    for one in charts:
        list_checks = partial(_checks_of, one, log, count)
        calls.append(partial(of_chart, one.label, list_checks))
    listed = run_parallel(calls, ends_all=False)  # a watch goes on
    checks: dict[str, dict[str, Callable[[], Finding]]] = {}
    for one, found in zip(charts, listed, strict=True):
        if found:
            checks[one.label] = found
    if not checks:
        raise BadInput(f"{project.slug} has no release yet", "there is nothing to monitor")
    return run_checks_of_charts(checks, "unverified")


def _checks_of(project: Project, log: IncidentLog, count: int) -> dict[str, Callable[[], Finding]]:
    known = project.releases.newest(count + 1)  # with one to compare with
    newest = known[:count]
    releases = ReleaseChecks(project, newest, log.facts.name)
    checks: dict[str, Callable[[], Finding]] = {}
    for release in newest:
        checks[release.tag] = partial(releases.check, release)
    for release in highest_first(newest)[:1]:
        checks[release.tag] = partial(_check_highest, project, log, known, checks[release.tag])
    return checks


def _check_highest(
    project: Project,
    log: IncidentLog,
    releases: Sequence[Release],
    check: Callable[[], Finding],
) -> Finding:
    """Check the highest release, and that anybody can install what users get."""
    finding = check()
    if finding.outcome != "passed":
        return finding
    installation = check_installation(project, log, releases)
    if installation.outcome != "failed":
        return finding
    evidence = f"{finding.evidence}\n{installation.evidence}"
    return replace(finding, outcome="failed", evidence=evidence, next=installation.next)


def find_good_releases(project: Project, log: IncidentLog) -> list[GoodRelease]:
    """Return the last good release of each chart. Raises BadInput for a wrong setting."""
    charts = released_charts(covered_charts(project, log.facts))
    is_one = len(charts) == 1
    calls = []
    for one in charts:
        calls.append(partial(of_chart, one.label, partial(_find_good, one, log, is_one)))
    return run_parallel(calls)


def _find_good(project: Project, log: IncidentLog, is_one: bool) -> GoodRelease:
    try:
        findings, tag = find_good_release(project, log.facts.name)
    except RecipeError as error:
        if is_one or isinstance(error, SettingError):
            raise
        findings, tag = [Finding("releases", "unverified", error.what, error.advice)], ""
    return GoodRelease(project.label, tag, findings)


def report_good_releases(found: Sequence[GoodRelease]) -> None:
    """Show what was found. Raises CheckFailed for charts without a good release.

    The result has the tag of the good one; of several charts the tags by their names.
    """
    findings: list[Finding] = []
    tags = {}
    for one in found:
        findings += one.findings
        tags[one.chart] = one.tag
    good = tags.get("", tags)
    show_findings("The last known good release", findings, "releases", good=good)
    without = [one for one in found if not one.tag]
    if not without:
        return
    number = len(without[0].findings)
    what = f"none of the {number} newest releases is good"
    if len(found) > 1:
        what = f"no good release was found of {join_names([one.chart for one in without])}"
    raise CheckFailed(what, "choose a commit with --ref")

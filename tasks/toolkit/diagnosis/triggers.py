"""The three triggers of a rollback, each with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from ..clients.github.issues import Issue
from ..clients.github.releases import Release
from ..clients.github.typed import TypedGh
from ..console.findings import Finding
from ..core.errors import RecipeError
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..incident.user_reports import is_user_report
from ..workflows.public import public_chart
from .chart_issues import issues_since
from .installability import check_installation
from .publication import WAIT, check_publication
from .release_run import is_pending
from .releases import charts_of_release, highest_release, newest_published
from .version_sync import (
    Comparison,
    compare_chart,
    compare_newest,
    compare_tip,
    describe_agreement,
    differences,
)


def check_versions(project: Project, log: IncidentLog, releases: list[Release]) -> Finding:
    """Fire unless release, Chart.yaml at its tag and on the default branch, and registry agree.

    What agrees is what most releases before had in common, as the settings or the tags say. What
    users get may differ until the run of the release has ended.
    """
    release = highest_release(releases)
    rule = project.releases.rule_of(release.tag)
    tagged, tip = charts_of_release(project, release)
    compared = compare_chart(rule, release, tagged.chart, f"at {tagged.place}")
    if project.git.history.contains(tip.commit, release.commit):  # not of a release branch
        compared += compare_tip(rule, release, tip)
    in_git = differences(compared, release.version)
    unread = ""
    try:
        compared += _compare_published(project, log, release)
    except RecipeError as error:
        if not in_git:
            raise
        unread = f"; could not check what users get: {error.what}"
    difference = ", ".join(differences(compared, release.version))
    if not difference:
        return Finding("versions", "clear", describe_agreement(compared, release.version))
    evidence = f"release is {release.version}, but {difference}"
    if not in_git and is_pending(project, release, releases):
        return Finding("versions", "unknown", f"{evidence}; its run has not ended", WAIT)
    file = f"{project.chart_dir}/Chart.yaml"
    change = project.git.history.last_change(tip.commit, file, "^(version|appVersion):")
    since = f"versions in Chart.yaml were changed last by {change}"
    evidence += f"; {since}{unread}"
    return Finding("versions", "fired", evidence)


def _compare_published(project: Project, log: IncidentLog, release: Release) -> list[Comparison]:
    """Return the comparisons of the newest chart that anybody gets."""
    reference = project.install_reference(log.facts.name)
    version = newest_published(project, reference)
    rule = project.releases.rule_of(release.tag)
    compared = compare_newest(rule, release, version)
    app_version = rule.app_version_of(release.tag)
    if app_version:
        found = "nothing"
        if version:
            found = public_chart(project, reference.with_version(version)).app_version
        compared.append(Comparison("registry's appVersion", found, app_version))
    return compared


def check_reports(
    project: Project,
    log: IncidentLog,
    releases: list[Release],
    recovered_at: datetime | None = None,
) -> Finding:
    """Fire if open issues since the newest release mention installing, or if nobody can install it.

    Issues from before a recovery was published do not fire.
    """
    newest = releases[0]
    opened = issues_since(project, newest.published_at)
    terms = project.settings.install_terms.lower().split(",")
    reported = judge_issues(opened, terms, newest.tag, project.github.typed, recovered_at)
    if reported.outcome == "fired":
        return reported
    try:
        installation = check_installation(project, log, releases)
    except RecipeError as error:
        evidence = f"{reported.evidence}; could not try to install the chart: {error.what}"
        return replace(reported, evidence=evidence)
    if installation.outcome == "failed":
        return Finding("users", "fired", installation.evidence)
    if installation.outcome == "unverified" and installation.evidence:
        return replace(reported, evidence=f"{reported.evidence}; {installation.evidence}")
    return reported


def judge_issues(
    opened: list[Issue],
    terms: list[str],
    since: str,
    gh: TypedGh,
    recovered_at: datetime | None = None,
) -> Finding:
    """Return the finding on the issues that were opened since a release, the tag `since`.

    It lists the first five reports, and says how to close all.
    """
    terms = [term.strip() for term in terms]
    reports = [issue for issue in opened if is_user_report(issue, terms)]
    new = [issue for issue in reports if not recovered_at or issue.created_at > recovered_at]
    if new:
        return Finding("users", "fired", _list_reports(new), _close_advice(new, gh))
    if reports:
        evidence = f"from before the recovery: close what is solved\n{_list_reports(reports)}"
        return Finding("users", "clear", evidence, _close_advice(reports, gh))
    evidence = f"no open issue since {since} mentions {', '.join(terms)}"
    return Finding("users", "clear", evidence)


def _list_reports(reports: list[Issue]) -> str:
    lines = []
    for issue in reports[:5]:
        lines.append(f"#{issue.number} {issue.title} {issue.url}")
    return "\n".join(lines)


def _close_advice(reports: list[Issue], gh: TypedGh) -> str:
    advice = gh.advice("close what is solved", "issue", "close", str(reports[0].number))
    if len(reports) > 1:
        advice += f", and so on for all {len(reports)}"
    return advice


Trigger = Callable[[Project, IncidentLog, list[Release]], Finding]
TRIGGERS: Mapping[str, Trigger] = {
    "publish": check_publication,
    "versions": check_versions,
    "users": check_reports,
}

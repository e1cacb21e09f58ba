"""The three triggers of a rollback, each with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..clients.github.issues import INCIDENT_LABEL, Issue
from ..clients.github.releases import Release
from ..console.findings import Finding
from ..core.errors import RecipeError
from ..core.versions import same_precedence
from ..incident.log import IncidentLog
from ..incident.project import Project
from .publication import check_publication
from .releases import PlacedChart, charts_of_release, highest_release, newest_published


def check_versions(project: Project, log: IncidentLog, releases: list[Release]) -> Finding:
    """Fire unless release, Chart.yaml at its tag and on the default branch, and registry agree."""
    release = highest_release(releases)
    tagged, tip = charts_of_release(project, release)
    versions = {"release": release.version}
    versions |= versions_at(tagged) | versions_at(tip)
    unread = ""
    try:
        versions |= _published_versions(project, log)
    except RecipeError as error:
        if not differing(versions, release.version):
            raise
        unread = f"; could not check what users get: {error.what}"
    difference = ", ".join(differing(versions, release.version))
    if not difference:
        evidence = f"all are {release.version}: {', '.join(versions)}"
        return Finding("versions", "clear", evidence)
    file = f"{project.chart_dir}/Chart.yaml"
    change = project.git.history.last_change(tip.commit, file, "^(version|appVersion):")
    evidence = f"release is {release.version}, but {difference}"
    since = f"versions in Chart.yaml were changed last by {change}"
    evidence += f"; {since}{unread}"
    return Finding("versions", "fired", evidence)


def versions_at(placed: PlacedChart) -> dict[str, str]:
    """Return the two versions in a Chart.yaml by what and where they are."""
    return {
        f"version at {placed.place}": placed.chart.version,
        f"appVersion at {placed.place}": placed.chart.app_version,
    }


def _published_versions(project: Project, log: IncidentLog) -> dict[str, str]:
    """Return the versions of the newest chart that anybody gets."""
    reference = project.install_reference(log.facts.name)
    version = newest_published(project, reference)
    app_version = "nothing"
    if version:
        app_version = project.helm.installer.show(reference, version).app_version
    return {
        "registry": version or "nothing",
        "registry's appVersion": app_version,
    }


def differing(versions: Mapping[str, str], release: str) -> list[str]:
    """Return in words those of the named versions that differ from a release's."""
    found = []
    for what, version in versions.items():
        if not same_precedence(version, release):
            found.append(f"{what} is {version}")
    return found


def check_reports(project: Project, _log: IncidentLog, releases: list[Release]) -> Finding:
    """Fire if open issues since the newest release mention installing."""
    newest = releases[0]
    opened = project.github.issues.opened_since(newest.published_at)
    terms = project.settings.install_terms.lower().split(",")
    return judge_issues(opened, terms, newest.tag, project.slug)


def judge_issues(
    opened: list[Issue],
    terms: list[str],
    since: str,
    slug: str,
) -> Finding:
    """Return the finding on the issues that were opened since a release, the tag `since`.

    It lists the first five reports, and says how to close all.
    """
    terms = [term.strip() for term in terms]
    reports = [issue for issue in opened if is_user_report(issue, terms)]
    if not reports:
        evidence = f"no open issue since {since} mentions {', '.join(terms)}"
        return Finding("users", "clear", evidence)
    lines = [f"#{issue.number} {issue.title} {issue.url}" for issue in reports[:5]]
    close = f"gh issue close {reports[0].number} --repo {slug}"
    advice = f"close what is solved: {close}"
    if len(reports) > 1:
        advice += f", and so on for all {len(reports)}"
    return Finding("users", "fired", "\n".join(lines), advice)


def is_user_report(issue: Issue, terms: list[str]) -> bool:
    """Return whether an issue, other than an incident's, mentions one of the terms."""
    if INCIDENT_LABEL in [label.lower() for label in issue.labels]:
        return False
    text = f"{issue.title} {issue.body}".lower()
    return any(term in text for term in terms)


Trigger = Callable[[Project, IncidentLog, list[Release]], Finding]
TRIGGERS: Mapping[str, Trigger] = {
    "publish": check_publication,
    "versions": check_versions,
    "users": check_reports,
}

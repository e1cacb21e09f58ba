"""The three triggers of a rollback, each with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from ..clients.git.repository import RepositoryMissing
from ..clients.github.actions import Run, WorkflowMissing
from ..clients.github.issues import INCIDENT_LABEL, Issue
from ..clients.github.releases import Release
from ..console.findings import Finding
from ..console.output import format_duration
from ..core.errors import RecipeError, SettingError
from ..core.versions import same_precedence
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..recovery.safeguards import publicity_advice
from ..recovery.withdraw import was_withdrawn
from .releases import charts_of_release, highest_release, newest_published, published_manifest

WRONG_SETTINGS = (SettingError, WorkflowMissing, RepositoryMissing)  # checking again does not help


def check_publication(project: Project, log: IncidentLog, releases: list[Release]) -> Finding:
    """Fire if the newest release's run failed or never started, or users cannot get its chart."""
    release = releases[0]
    branch, file = project.default_branch, project.settings.workflow
    run = project.github.actions.deployment_of(release, releases, branch, file)
    outcome, evidence = judge_run(release, run, project.settings.wait_timeout)
    try:
        reference = project.install_reference(log.facts.name).with_version(release.version)
        manifest, is_private = published_manifest(project, reference)
    except WRONG_SETTINGS:
        raise
    except RecipeError as error:
        if outcome != "fired":
            raise
        evidence += f"; could not check whether its chart is published: {error.what}"
        return Finding("publish", "fired", evidence)
    if is_private:
        evidence += f"; {reference} is private: users cannot install it"
        return Finding("publish", "fired", evidence, publicity_advice(project, reference))
    if manifest:
        if run is None and outcome == "unknown":  # published by hand
            outcome = "clear"
        return Finding("publish", outcome, f"{evidence}; {reference} is published")
    if outcome == "clear":
        outcome = "fired"
    is_withdrawn = was_withdrawn(project, log, release.version)
    state = "withdrawn" if is_withdrawn else "not published"
    return Finding("publish", outcome, f"{evidence}; {reference} is {state}")


def judge_run(release: Release, run: Run | None, limit: float) -> tuple[str, str]:
    """Return what a release's run means on its own, as outcome and evidence.

    What has not started within `limit` seconds never will.
    """
    since = run.created_at if run else release.published_at
    seconds = (datetime.now(UTC) - since).total_seconds()
    is_late = seconds >= limit
    age = format_duration(seconds)
    if run is None and is_late:
        return "fired", f"no run of the workflow for {release.tag}"
    if run is None:
        return "unknown", f"{release.tag} is {age} old, and its workflow has not started"
    name = f"run {run.id} for {release.tag}"
    if run.status == "completed":
        outcome = "clear" if run.conclusion == "success" else "fired"
        return outcome, f"{name}: {run.conclusion}, {run.url}"
    if is_late and run.status != "in_progress":
        return "fired", f"{name} is {run.status} since {age}, {run.url}"
    return "unknown", f"{name} is {run.status}, {run.url}"


def check_versions(project: Project, log: IncidentLog, releases: list[Release]) -> Finding:
    """Fire unless release, Chart.yaml at its tag and on the default branch, and registry agree."""
    release = highest_release(releases)
    charts = charts_of_release(project, release)
    versions = {"release": release.version}
    for where, (_, chart) in charts.items():
        versions[f"version at {where}"] = chart.version
        versions[f"appVersion at {where}"] = chart.app_version
    unread = ""
    try:
        versions |= _published_versions(project, log)
    except RecipeError as error:
        if not _differing(versions, release):
            raise
        unread = f"; could not check what users get: {error.what}"
    differing = _differing(versions, release)
    if not differing:
        return Finding("versions", "clear", f"all are {release.version}: {', '.join(versions)}")
    tip, _ = charts[project.default_branch]
    file = f"{project.chart_dir}/Chart.yaml"
    change = project.git.history.last_change(tip, file, "^(version|appVersion):")
    evidence = f"release is {release.version}, but {', '.join(differing)}"
    since = f"versions in Chart.yaml were changed last by {change}"
    return Finding("versions", "fired", f"{evidence}; {since}{unread}")


def _published_versions(project: Project, log: IncidentLog) -> dict[str, str]:
    """Return the versions of the newest chart that anybody gets."""
    reference = project.install_reference(log.facts.name)
    version = newest_published(project, reference)
    app_version = project.helm.installer.show(reference, version).app_version if version else ""
    return {
        "registry": version or "nothing",
        "registry's appVersion": app_version if version else "nothing",
    }


def _differing(versions: Mapping[str, str], release: Release) -> list[str]:
    return [
        f"{what} is {version}"
        for what, version in versions.items()
        if not same_precedence(version, release.version)
    ]


def check_reports(project: Project, _log: IncidentLog, releases: list[Release]) -> Finding:
    """Fire if open issues since the newest release mention installing."""
    terms = [term.strip().lower() for term in project.settings.install_terms.split(",")]
    opened = project.github.issues.opened_since(releases[0].published_at)
    reports = [issue for issue in opened if is_user_report(issue, terms)]
    if not reports:
        evidence = f"no open issue since {releases[0].tag} mentions {', '.join(terms)}"
        return Finding("users", "clear", evidence)
    listed = "\n".join(f"#{issue.number} {issue.title} {issue.url}" for issue in reports[:5])
    advice = f"close what is solved: gh issue close {reports[0].number} --repo {project.slug}"
    if len(reports) > 1:
        advice += f", and so on for all {len(reports)}"
    return Finding("users", "fired", listed, advice)


def is_user_report(issue: Issue, terms: list[str]) -> bool:
    """Return whether an issue, other than an incident's, mentions one of the terms."""
    text = f"{issue.title} {issue.body}".lower()
    is_incident = INCIDENT_LABEL in [label.lower() for label in issue.labels]
    return not is_incident and any(term in text for term in terms)


Trigger = Callable[[Project, IncidentLog, list[Release]], Finding]
TRIGGERS: Mapping[str, Trigger] = {
    "publish": check_publication,
    "versions": check_versions,
    "users": check_reports,
}

"""Releases: what came of each, and which one is good."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from ..clients.github.actions import Run, run_of_release
from ..clients.github.releases import Release
from ..clients.helm.chart import Chart
from ..clients.registry.manifest import Manifest
from ..clients.registry.reference import Reference
from ..console.findings import Finding, run_checks
from ..core.errors import AccessDenied, RecipeError
from ..core.versions import newest_release, same_precedence
from ..incident.project import Project

NO_CHART = Chart("", "missing", "missing")
Evidence = dict[str, bool]  # lines of evidence, each with whether it is as it should be


def highest_release(releases: list[Release]) -> Release:
    """Return the release with the highest version: a backport may be newer."""
    highest = newest_release([release.version for release in releases])
    matching = (release for release in releases if same_precedence(release.version, highest))
    return next(matching, releases[0])


def newest_published(project: Project, reference: Reference) -> str:
    """Return the newest version that anybody gets, or nothing. Raises AccessDenied."""
    return newest_release(project.registry(reference, anonymous=True).tags(reference) or [])


def charts_of_release(project: Project, release: Release) -> dict[str, tuple[str, Chart]]:
    """Return the commit and the chart at the tag of a release and on the default branch.

    Both are as they are at origin now; a chart that does not exist has the version `missing`.
    """
    tip = project.git.fetch(project.default_branch)
    project.git.tags.fetch()
    tagged = project.git.resolve(f"refs/tags/{release.tag}")
    charts = {}
    for label, commit in ((release.tag, tagged), (project.default_branch, tip)):
        chart = NO_CHART
        if project.git.read_file(commit, f"{project.chart_dir}/Chart.yaml"):
            chart = project.chart_at(commit, label)
        charts[label] = commit, chart
    return charts


def published_manifest(project: Project, reference: Reference) -> tuple[Manifest | None, bool]:
    """Return the manifest that a reference names, if any, and whether it is private.

    GHCR denies anonymous access also to what does not exist: then the login is used.
    """
    try:
        return project.registry(reference, anonymous=True).manifest(reference), False
    except AccessDenied:
        pass
    try:
        manifest = project.registry(reference).manifest(reference)
    except AccessDenied:  # a token that may not read packages: others may not either
        return None, True
    return manifest, manifest is not None


def check_release(
    project: Project,
    release: Release,
    releases: list[Release],
    runs: list[Run],
    name: str = "",
) -> Finding:
    """Check that a release's run succeeded, and that its chart is published with its version.

    `releases` and `runs` are the newest, newest first; `name` is the chart's, if not the clone's.
    """
    run = run_of_release(release, releases, runs, project.default_branch)
    reference = project.install_reference(name).with_version(release.version)
    manifest = project.registry(reference, anonymous=True).manifest(reference)
    commit = project.git.resolve(f"refs/tags/{release.tag}")
    evidence = _delivery(run, reference, manifest)
    evidence |= _versions(project.chart_at(commit, release.tag), release)
    text = "\n".join(evidence)
    if all(evidence.values()):
        return Finding(release.tag, "passed", text)
    if release != releases[0]:  # the triggers check only the newest
        newer = f"{releases[0].tag} is newer"
        advice = f"{newer}: nothing is to be done, unless somebody needs {release.version}"
        return Finding(release.tag, "failed", text, advice)
    if _is_pending(release, run, project.settings.wait_timeout):
        return Finding(release.tag, "unverified", text, "wait for the run")
    return Finding(release.tag, "failed", text, "invoke when.check")


def check_release_health(
    project: Project,
    release: Release,
    releases: list[Release],
    runs: list[Run],
    name: str = "",
) -> Finding:
    """Check that a release's run succeeded, and that anybody can install its chart.

    The arguments are those of `check_release`.
    """
    run = run_of_release(release, releases, runs, project.default_branch)
    chart = project.install_reference(name)
    reference = chart.with_version(release.version)
    manifest = project.registry(reference, anonymous=True).manifest(reference)
    evidence = _delivery(run, reference, manifest)
    if manifest:
        evidence |= _installation(project, release, chart)
    text = "\n".join(evidence)
    if not all(evidence.values()):
        return Finding(release.tag, "failed", text)
    advice = _republish_advice(release, releases, newest_published(project, chart))
    return Finding(release.tag, "passed", text, advice)


def find_good_release(project: Project, name: str = "") -> tuple[list[Finding], str]:
    """Check releases, newest first, until one is good; return the findings, and its tag if any.

    `name` is the chart's, if not the clone's.
    """
    releases = project.github.releases.newest()
    branch = project.default_branch
    runs = project.github.actions.deployments(branch, project.settings.workflow)
    findings: list[Finding] = []
    for release in releases:
        check = partial(check_release_health, project, release, releases, runs, name)
        findings += run_checks({release.tag: check}, "unverified")
        if findings[-1].outcome == "passed":
            return findings, release.tag
    return findings, ""


def _delivery(run: Run | None, reference: Reference, manifest: Manifest | None) -> Evidence:
    run_line = "no run of the workflow"
    if run:
        run_line = f"run {run.id}: {run.conclusion or run.status}"
    chart_line = f"{reference} is not published"
    if manifest:
        chart_line = f"{reference} is published, {manifest.digest}"
    succeeded = run is not None and run.conclusion == "success"
    return {run_line: succeeded, chart_line: manifest is not None}


def _versions(chart: Chart, release: Release) -> Evidence:
    versions = (chart.version, chart.app_version)
    agree = all(same_precedence(version, release.version) for version in versions)
    return {f"version {chart.version}, appVersion {chart.app_version}": agree}


def _installation(project: Project, release: Release, reference: Reference) -> Evidence:
    installer = project.helm.installer
    name, namespace = project.settings.release_name, project.settings.namespace
    try:
        chart = installer.show(reference, release.version)
        objects = installer.try_install(reference.oci, release.version, name, namespace)
    except RecipeError as error:
        return {f"it cannot be installed: {error.what}": False}
    return {**_versions(chart, release), objects: True}


def _is_pending(release: Release, run: Run | None, limit: float) -> bool:
    """Return whether the run has not ended, or may yet start within `limit` seconds."""
    if run:
        return run.status != "completed"
    return (datetime.now(UTC) - release.published_at).total_seconds() < limit


def _republish_advice(release: Release, releases: list[Release], published: str) -> str:
    """Return the command that publishes a good release again; nothing if users get it already.

    What is published above every release is a recovery's: an older release would hide it.
    """
    if same_precedence(published, release.version):
        return ""
    command = f"invoke publish.all --ref {release.tag} --version next"
    if any(same_precedence(published, other.version) for other in releases):
        return command
    recovered = f"users get {published}, which is no release, as after a recovery"
    return f"{recovered}; only if that is bad too: {command}"

"""The suspect of a bad release, whether it is reverted, and the command that recovers from it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from ..clients.github.pulls import PullRequest
from ..clients.github.releases import Release
from ..clients.helm.chart import Chart, archive_contents
from ..clients.registry.reference import Reference
from ..core.errors import AccessDenied
from ..core.versions import is_higher, same_precedence
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..recovery.withdraw import was_withdrawn
from .releases import charts_of_release, newest_published, published_manifest

EPOCH = datetime.fromtimestamp(0, UTC)
NOBODY = "no pull request merged since the previous release changes the workflow or the chart"


@dataclass(frozen=True)
class Suspect:
    """What may have caused a bad release, in words, and the command that recovers from it.

    The command is empty once users get a chart with the revert; `published` is what they get now.
    """

    description: str
    command: str
    published: str


def find_suspect(
    project: Project,
    log: IncidentLog,
    releases: list[Release],
    release: Release,
) -> Suspect:
    """Suspect the newest pull request merged since the previous release that may have broken it."""
    charts = charts_of_release(project, release)
    reference = project.install_reference(log.facts.name)
    try:
        published = newest_published(project, reference)
    except AccessDenied:  # users get nothing
        published = ""
    options = _recover_options(project, log, release, published, charts)
    tagged, _ = charts[release.tag]
    pull, revert = _newest_candidate(project, releases, release, tagged)
    if pull is None:
        command = f"invoke recover --sha HASH{options}, with the commit that caused it"
        return Suspect(f"{NOBODY}, except for reverted ones", command, published)
    command = f"invoke recover --pr {pull.number}{options}"
    description = f'suspected: #{pull.number} "{pull.title}"'
    if revert and not revert.merge_commit:
        description += f"; its revert #{revert.number} is not merged"
    elif revert:
        description = f'#{pull.number} "{pull.title}" is reverted by #{revert.number}'
        if _is_published_with(project, release, reference, published, revert):
            return Suspect(description, "", published)
        description += ", but no published chart has that revert"
    return Suspect(description, command, published)


def _newest_candidate(
    project: Project,
    releases: list[Release],
    release: Release,
    tagged: str,
) -> tuple[PullRequest | None, PullRequest | None]:
    """Return the newest pull request that may have broken a release, and its revert, if any.

    A pull request is no candidate if the commit `tagged` contains its revert.
    """
    earlier = [one.published_at for one in releases if one.published_at < release.published_at]
    for pull, files in project.github.pulls.merged_since(max(earlier, default=EPOCH)):
        if not may_break_release(project, pull, files):
            continue
        revert = project.github.pulls.revert_of(pull)
        commit = revert.merge_commit if revert else ""
        if not commit or not project.git.history.contains(tagged, commit):
            return pull, revert
    return None, None


def may_break_release(project: Project, pull: PullRequest, files: list[str]) -> bool:
    """Return whether a pull request changes workflow or chart, and is no revert or release."""
    chart = f"{project.chart_dir}/"
    changed = [file for file in files if file == project.workflow_path or file.startswith(chart)]
    if not changed or pull.title.startswith("Revert "):
        return False
    return changed != [f"{chart}Chart.yaml"] or not pull.head.startswith("release-please--")


def _recover_options(
    project: Project,
    log: IncidentLog,
    release: Release,
    published: str,
    charts: dict[str, tuple[str, Chart]],
) -> str:
    """Return the options of `recover` for a version that is free and the release's appVersion."""
    version = release.version
    _, current = charts[project.default_branch]
    options = ""
    if is_higher(published, version) or _is_taken(project, log, version):
        options += " --version next"
    elif not same_precedence(current.version, version):
        options += f" --version {version}"
    if not all(same_precedence(chart.app_version, version) for _, chart in charts.values()):
        options += f" --app-version {version}"
    return options


def _is_taken(project: Project, log: IncidentLog, version: str) -> bool:
    """Return whether a version is published, or was withdrawn: it must not come back."""
    for reference in project.published_references(version):
        if any(published_manifest(project, reference)):
            return True
    return was_withdrawn(project, log, version)


def _is_published_with(
    project: Project,
    release: Release,
    reference: Reference,
    published: str,
    revert: PullRequest,
) -> bool:
    """Return whether users get the revert: in a higher version, or in the release's own."""
    if is_higher(published, release.version):
        return True
    if not same_precedence(published, release.version):
        return False
    if not _has_files_of(project, reference.with_version(published), revert.merge_commit):
        return False
    chart = project.helm.installer.show(reference, published)
    return same_precedence(chart.app_version, release.version)


def _has_files_of(project: Project, reference: Reference, commit: str) -> bool:
    """Return whether a published chart has the files that `commit` changed, as it left them."""
    registry = project.registry(reference, anonymous=True)
    manifest = registry.manifest(reference)
    archive = archive_contents(registry.archive(reference, manifest)) if manifest else {}
    digests = {name.partition("/")[2]: digest for name, digest in archive.items()}
    for file in project.git.differing_files(f"{commit}^", commit, project.chart_dir):
        name = file.removeprefix(f"{project.chart_dir}/")
        text = project.git.read_file(commit, file)
        digest = hashlib.sha256(text.encode()).hexdigest() if text else ""
        if name != "Chart.yaml" and digests.get(name, "") != digest:
            return False
    return True

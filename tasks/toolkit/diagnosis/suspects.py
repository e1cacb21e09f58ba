"""The suspect of a bad release, whether it is reverted, and the command that recovers from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ..clients.github.pulls import PullRequest
from ..clients.github.releases import Release
from ..core.errors import AccessDenied
from ..core.shell import quote
from ..core.versions import is_higher, same_precedence
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..recovery.withdraw import was_withdrawn
from .published_revert import reaches_users
from .releases import PlacedChart, charts_of_release, newest_published, published_manifest

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
    tagged, tip = charts_of_release(project, release)
    reference = project.install_reference(log.facts.name)
    try:
        published = newest_published(project, reference)
    except AccessDenied:  # users get nothing
        published = ""
    version = release.version
    is_taken = is_higher(published, version) or _is_taken(project, log, version)
    options = recover_options(version, is_taken, tagged, tip)
    since = previous_release_time(releases, release)
    pull, revert = _newest_candidate(project, since, tagged.commit)
    if pull is None:
        command = f"invoke recover --sha HASH{options}, with the commit that caused it"
        return Suspect(f"{NOBODY}, except for reverted ones", command, published)
    command = f"invoke recover --pr {pull.number}{options}"
    is_recovered = False
    if revert and revert.merge_commit:
        commit = revert.merge_commit
        is_recovered = reaches_users(project, commit, version, reference, published)
    if is_recovered:
        command = ""
    return Suspect(describe_suspect(pull, revert, is_recovered), command, published)


def describe_suspect(pull: PullRequest, revert: PullRequest | None, is_recovered: bool) -> str:
    """Return in words who is suspected, and whether a published chart has its revert."""
    name = f'#{pull.number} "{pull.title}"'
    if revert is None:
        return f"suspected: {name}"
    if not revert.merge_commit:
        return f"suspected: {name}; its revert #{revert.number} is not merged"
    reverted = f"{name} is reverted by #{revert.number}"
    if is_recovered:
        return reverted
    return f"{reverted}, but no published chart has that revert"


def previous_release_time(releases: list[Release], release: Release) -> datetime:
    """Return when the release before `release` was published; the epoch if it is the first."""
    times = [other.published_at for other in releases]
    earlier = [time for time in times if time < release.published_at]
    return max(earlier, default=EPOCH)


def _newest_candidate(
    project: Project,
    since: datetime,
    tagged: str,
) -> tuple[PullRequest | None, PullRequest | None]:
    """Return the newest pull request that may have broken a release, and its revert, if any.

    A pull request is no candidate if the commit `tagged` contains its revert.
    """
    pulls = project.github.pulls
    for pull, files in pulls.merged_since(since):
        if not may_break_release(pull, files, project.chart_dir, project.workflow_path):
            continue
        revert = pulls.revert_of(pull)
        commit = revert.merge_commit if revert else ""
        if not commit or not project.git.history.contains(tagged, commit):
            return pull, revert
    return None, None


def may_break_release(
    pull: PullRequest,
    files: list[str],
    chart_dir: str,
    workflow_path: str,
) -> bool:
    """Return whether a pull request changes workflow or chart, and is no revert or release."""
    chart = f"{chart_dir}/"
    changed = [file for file in files if file == workflow_path or file.startswith(chart)]
    if not changed or pull.title.startswith("Revert "):
        return False
    is_release = pull.head.startswith("release-please--")
    return not is_release or changed != [f"{chart}Chart.yaml"]


def recover_options(
    version: str,
    is_taken: bool,
    tagged: PlacedChart,
    tip: PlacedChart,
) -> str:
    """Return the options of `recover` for a version that is free and the release's appVersion."""
    options = ""
    if is_taken:
        options += " --version next"
    elif not same_precedence(tip.chart.version, version):
        options += f" --version {quote(version)}"
    app_versions = [tagged.chart.app_version, tip.chart.app_version]
    if not all(same_precedence(app_version, version) for app_version in app_versions):
        options += f" --app-version {quote(version)}"
    return options


def _is_taken(project: Project, log: IncidentLog, version: str) -> bool:
    """Return whether a version is published, or was withdrawn: it must not come back."""
    for reference in project.published_references(version):
        if any(published_manifest(project, reference)):
            return True
    return was_withdrawn(project, log, version)

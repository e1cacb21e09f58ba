"""Who is suspected of a bad release, whether that is reverted and published already, and the command that recovers from it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from ..clients.github.issues import Release
from ..clients.github.pulls import PullRequest
from ..clients.helm.chart import Chart, archive_contents
from ..clients.registry.api import Manifest
from ..clients.registry.reference import Reference
from ..core.errors import AccessDenied
from ..core.versions import is_higher, newest_release, same_precedence
from ..incident.context import Incident
from ..recovery.withdraw import was_withdrawn


@dataclass(frozen=True)
class Suspect:
    """Who it is, in words; the command that recovers, empty once users get a chart with the revert; and what users get."""

    told: str
    command: str
    published: str


def charts_of_release(incident: Incident, release: Release) -> dict[str, tuple[str, Chart]]:
    """Return the commits and the charts at a release's tag and on the default branch, as they are at origin now."""
    git, found = incident.git, {}
    tip = git.fetch(incident.branch)
    git.fetch_tags()
    for where, commit in (
        (release.tag, git.commit(f"refs/tags/{release.tag}")),
        (incident.branch, tip),
    ):
        there = git.file(commit, f"{incident.chart_dir}/Chart.yaml")
        found[where] = (
            commit,
            incident.chart_at(commit, where) if there else Chart("", "missing", "missing"),
        )
    return found


def highest_release(releases: list[Release]) -> Release:
    """Return the release that is highest by semver precedence: a backport may be newer."""
    top = newest_release([release.version for release in releases])
    return next(
        (release for release in releases if same_precedence(release.version, top)), releases[0]
    )


def published_manifest(incident: Incident, place: Reference) -> tuple[Manifest | None, bool]:
    """Return what stands at a place, and whether it is private. GHCR denies anybody what is not there, too: then the login is asked."""
    try:
        return incident.registry(place, anonymous=True).manifest(place), False
    except AccessDenied:
        pass
    try:
        found = incident.registry(place, anonymous=False).manifest(place)
    except AccessDenied:  # a token that may not read packages: anybody may not either
        return None, True
    return found, found is not None


def find_suspect(incident: Incident, releases: list[Release], release: Release) -> Suspect:
    """Suspect the newest merge since the release before `release` that touched workflow or chart, and was no revert.

    One that was reverted before the release is no suspect: that release has the revert.
    """
    github = incident.github
    found = charts_of_release(incident, release)
    published = _published(incident)
    options = _options(incident, release, published, [chart for _, chart in found.values()])
    before = [other.published_at for other in releases if other.published_at < release.published_at]
    since = max(before, default=datetime.fromtimestamp(0, UTC))
    for pull, files in github.merged_since(since):
        if not _touches(incident, pull, files):
            continue
        revert, who = github.revert_of(pull), f'#{pull.number} "{pull.title}"'
        command = f"invoke recover --pr {pull.number}{options}"
        if not revert:
            return Suspect(f"suspected: {who}", command, published)
        if not revert.merge_commit:
            return Suspect(
                f"suspected: {who}; its revert #{revert.number} is not merged", command, published
            )
        if incident.git.contains(found[release.tag][0], revert.merge_commit):
            continue
        told = f"{who} is reverted by #{revert.number}"
        if _has(incident, release, published, revert):
            return Suspect(told, "", published)
        return Suspect(f"{told}, but no chart is published with that", command, published)
    nobody = "no pull request merged since the release before touched workflow or chart, and stands"
    return Suspect(
        nobody, f"invoke recover --sha HASH{options}, with the commit that did it", published
    )


def _published(incident: Incident) -> str:
    """Return the newest version that users get; nothing where they are denied."""
    try:
        return newest_release(
            incident.registry(incident.told, anonymous=True).tags(incident.told) or []
        )
    except AccessDenied:
        return ""


def _touches(incident: Incident, pull: PullRequest, files: list[str]) -> bool:
    """Tell whether a merge may have done it: it changed the workflow, or more of the chart than a release's version, and is no revert."""
    ours = [
        file
        for file in files
        if file == incident.workflow_file or file.startswith(f"{incident.chart_dir}/")
    ]
    released = ours == [f"{incident.chart_dir}/Chart.yaml"] and pull.head.startswith(
        "release-please--"
    )
    return bool(ours) and not released and not pull.title.startswith("Revert ")


def _options(incident: Incident, release: Release, published: str, found: list[Chart]) -> str:
    """Return the options with which `recover` publishes what users get then: a version that is free, with the release's appVersion."""
    version, places = release.version, incident.places(release.version)
    taken = is_higher(published, version) or any(
        any(published_manifest(incident, at)) for at in places
    )
    taken = taken or was_withdrawn(incident, version)  # on purpose: it must not come back
    number = "next" if taken else "" if same_precedence(found[-1].version, version) else version
    app = "" if all(same_precedence(chart.app_version, version) for chart in found) else version
    return f" --version {number}" * bool(number) + f" --app-version {app}" * bool(app)


def _has(incident: Incident, release: Release, published: str, revert: PullRequest) -> bool:
    """Tell whether users get a chart with the revert: one above the release, or of its version with the files that the revert left."""
    if is_higher(published, release.version) or not same_precedence(published, release.version):
        return is_higher(published, release.version)
    git, place, where = incident.git, incident.told.at(published), f"{incident.chart_dir}/"
    registry = incident.registry(place, anonymous=True)
    manifest = registry.manifest(place)
    held = archive_contents(registry.archive(place, manifest)) if manifest else {}
    held = {name.partition("/")[2]: digest for name, digest in held.items()}
    for file in git.differing(f"{revert.merge_commit}^", revert.merge_commit, incident.chart_dir):
        text, name = git.file(revert.merge_commit, file), file.removeprefix(where)
        if name != "Chart.yaml" and held.get(name, "") != (
            hashlib.sha256(text.encode()).hexdigest() if text else ""
        ):
            return False
    return same_precedence(
        incident.helm.show(incident.told, published).app_version, release.version
    )

"""Releases: the highest, the chart of each, and what is published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..clients.github.releases import Release
from ..clients.helm.chart import Chart
from ..clients.registry.manifest import Manifest
from ..clients.registry.reference import Reference
from ..core.errors import AccessDenied
from ..core.versions import is_version, newest_release, parse_version, same_precedence
from ..incident.project import Project
from ..workflows.public import public_manifest, public_tags

if TYPE_CHECKING:
    from semver import Version

NO_CHART = Chart("", "missing", "missing")


def highest_release(releases: list[Release]) -> Release:
    """Return the release with the highest version: a backport may be newer."""
    highest = newest_release([release.version for release in releases])
    for release in releases:
        if same_precedence(release.version, highest):
            return release
    return releases[0]


def highest_first(releases: Iterable[Release]) -> list[Release]:
    """Return releases by their versions, since a backport may be newer; pre-releases come last."""

    def rank(release: Release) -> tuple[bool, Version]:
        if not is_version(release.version):
            return False, parse_version("0.0.0")
        version = parse_version(release.version)
        return not version.prerelease, version

    return sorted(releases, key=rank, reverse=True)


def newest_published(project: Project, reference: Reference) -> str:
    """Return the newest version that anybody gets, or nothing. Raises AccessDenied."""
    return newest_release(public_tags(project, reference))


def login_sees(project: Project, reference: Reference) -> bool | None:
    """Return whether the login sees a package that is denied to others; None if that is unknown.

    GHCR denies what does not exist too.
    """
    try:
        tags = project.registry(reference).tags(reference)
    except AccessDenied:
        return None
    return bool(tags)


def published_manifest(project: Project, reference: Reference) -> tuple[Manifest | None, bool]:
    """Return the manifest that a reference names, if any, and whether it is private.

    GHCR denies anonymous access also to what does not exist: then the login is used.
    """
    try:
        return public_manifest(project, reference), False
    except AccessDenied:
        pass
    try:
        manifest = project.registry(reference).manifest(reference)
    except AccessDenied:  # a token that may not read packages: others may not either
        return None, True
    return manifest, manifest is not None


@dataclass(frozen=True)
class PlacedChart:
    """The chart at `commit`, where origin has the tag or branch `place`.

    A chart that does not exist has the version `missing`.
    """

    place: str
    commit: str
    chart: Chart


def charts_of_release(project: Project, release: Release) -> tuple[PlacedChart, PlacedChart]:
    """Return the charts at the tag of a release and on the default branch. Raises BadInput.

    Both are as they are at origin now.
    """
    branch = project.default_branch
    tip = project.fetch_tip()
    at_tag = _place_chart(project, release.tag, release.commit)
    return at_tag, _place_chart(project, branch, tip)


def _place_chart(project: Project, place: str, commit: str) -> PlacedChart:
    if not project.git.files.read(commit, f"{project.chart_dir}/Chart.yaml"):
        return PlacedChart(place, commit, NO_CHART)
    return PlacedChart(place, commit, project.chart_at(commit, place))

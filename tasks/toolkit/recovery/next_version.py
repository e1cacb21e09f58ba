"""The version that `--version next` stands for."""

from __future__ import annotations

from pathlib import Path

import semver

from ..clients.helm.chart import Chart, archive_contents
from ..clients.registry.api import Registry
from ..clients.registry.reference import Reference
from ..core.versions import newest_release, next_free
from ..incident.project import Project


def find_next_version(
    project: Project,
    folder: Path,
    chart: Chart,
    options: list[str],
) -> str:
    """Return the newest published version if it holds this chart, else the next free patch version.

    That is above every release, and above what is published anywhere, since Helm takes the highest.
    """
    registries = _registries(project, chart.name)
    tags = []
    for reference, registry in registries.items():
        tags += registry.tags(reference) or []
    newest = newest_release(tags)
    if newest:
        archive = project.helm.rehearse_package(folder, [*options, f"--version={newest}"])
        pushed = project.push_reference.with_chart(chart.name)
        if _is_published(registries, pushed, newest, archive.read_bytes()):
            return newest
    released = [release.version for release in project.github.releases.newest()]
    candidates = [newest, chart.version, *released]
    versions = [semver.Version.parse(one) for one in candidates if semver.Version.is_valid(one)]
    # users would not get a pre-release
    return next_free(str(max(versions).finalize_version()), tags)


def _registries(project: Project, name: str) -> dict[Reference, Registry]:
    """Return the registry of each reference; the login is for the one that is pushed to."""
    registries = {}
    for reference in project.published_references(name=name):
        is_other = reference.host != project.push_reference.host
        registries[reference] = project.registry(reference, anonymous=is_other)
    return registries


def _is_published(
    registries: dict[Reference, Registry],
    pushed: Reference,
    version: str,
    archive: bytes,
) -> bool:
    """Return whether `pushed` has the archive's content as `version`, and no reference another."""
    manifests = {
        reference: registry.manifest(reference.with_version(version))
        for reference, registry in registries.items()
    }
    manifest = manifests[pushed]
    digests = {other.digest for other in manifests.values() if other}
    if manifest is None or len(digests) > 1:
        return False
    published = registries[pushed].archive(pushed.with_version(version), manifest)
    return archive_contents(archive) == archive_contents(published)

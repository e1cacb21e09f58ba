"""The version that `--version next` stands for."""

from __future__ import annotations

from pathlib import Path

from ..clients.helm.chart import Chart
from ..clients.registry.api import Registry
from ..clients.registry.reference import Reference
from ..core.versions import newest_release, next_free, published_versions
from ..incident.project import Project
from .safeguards import differing_files


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
        with_version = [*options, f"--version={newest}"]
        archive = project.helm.rehearse_package(folder, with_version)
        pushed = project.push_reference.with_chart(chart.name)
        if _is_published(registries, pushed, newest, archive.read_bytes()):
            return newest
    names = [newest, chart.version]
    for release in project.releases.newest():
        names.append(release.version)
    return version_above(names, tags)


def version_above(names: list[str], tags: list[str]) -> str:
    """Return the lowest release above all versions among `names` that is not among `tags`."""
    highest = max(published_versions(names))
    release = highest.finalize_version()  # users would not get a pre-release
    return next_free(str(release), tags)


def _registries(project: Project, name: str) -> dict[Reference, Registry]:
    """Return the registry of each reference; the login is for the one that is pushed to."""
    host = project.push_reference.host
    registries = {}
    for reference in project.published_references(name=name):
        is_other = reference.host != host
        registries[reference] = project.registry(reference, anonymous=is_other)
    return registries


def _is_published(
    registries: dict[Reference, Registry],
    pushed: Reference,
    version: str,
    archive: bytes,
) -> bool:
    """Return whether `pushed` has the archive's content as `version`, and no reference another."""
    manifests = {}
    for reference, registry in registries.items():
        manifest = registry.manifest(reference.with_version(version))
        if manifest:
            manifests[reference] = manifest
    digests = {manifest.digest for manifest in manifests.values()}
    if pushed not in manifests or len(digests) > 1:
        return False
    registry = registries[pushed]
    reference = pushed.with_version(version)
    if not manifests[pushed].is_chart:
        return False
    published = registry.archive(reference, manifests[pushed])
    return not differing_files(published, archive)

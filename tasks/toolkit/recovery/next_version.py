"""The version that `--version next` stands for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..clients.helm.chart import Chart
from ..clients.registry.api import Registry
from ..clients.registry.reference import Reference
from ..core.versions import newest_release, next_free, parse_version, published_versions
from ..incident.project import Project
from .automation import RELEASE_PLEASE, Automation, find_automation
from .safeguards import differing_files

DISTANCE = 100  # patch releases that are left to automation


@dataclass(frozen=True)
class NextVersion:
    """A version, why it is that one, and what to do about the next release."""

    version: str
    reason: str
    advice: str = ""


def find_next_version(
    project: Project,
    folder: Path,
    chart: Chart,
    options: list[str],
) -> NextVersion:
    """Return the newest published version if it holds this chart, else a free one above all.

    It is higher than every release and every published version, since Helm takes the highest.
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
            return NextVersion(newest, f"{newest} is published with the same content")
    names = [newest, chart.version]
    for release in project.releases.newest():
        names.append(release.version)
    free = version_above(names, tags)
    tip = project.git.fetch(project.default_branch)
    automation = find_automation(project, chart.version, tip)
    if automation:
        return beside_automation(automation, free, tags)
    reason = f"{free} is free, and higher than every published release"
    return NextVersion(
        free, reason, f"release a version above {free} next, or that release replaces this one"
    )


def version_above(names: list[str], tags: list[str]) -> str:
    """Return the lowest release above all versions among `names` that is not among `tags`."""
    highest = max(published_versions(names))
    release = highest.finalize_version()  # users would not get a pre-release
    return next_free(str(release), tags)


def beside_automation(automation: Automation, free: str, tags: list[str]) -> NextVersion:
    """Return a version that the releases of automation do not reach, at `free` or above it.

    Automation counts up from its own last release, whatever is published: a version by hand that
    it makes later is overwritten, or refused. One below its next release is safe. If there is none
    between what is published and that, DISTANCE patch releases are left to it. Users then get what
    was published by hand until a higher version is released, so that one is advised.
    """
    ours = parse_version(free)
    theirs = parse_version(automation.next_version)
    reason = automation.plan
    if ours < theirs:
        return NextVersion(free, f"{reason}: {ours} is free, and below that")
    patch = DISTANCE
    if (ours.major, ours.minor) == (theirs.major, theirs.minor):
        patch += theirs.patch
    if ours.patch < patch:
        below = ours.replace(patch=patch - 1)
        ours = parse_version(next_free(str(below), tags))
    higher = ours.bump_minor()
    how = ""
    if automation.name == RELEASE_PLEASE:
        how = f", with the line `Release-As: {higher}` in the message of a commit"
    return NextVersion(
        str(ours),
        f"{reason}: {ours} leaves it {DISTANCE} patch releases, to avoid a collision",
        f"users get {ours} until a higher version is released: release {higher}{how}",
    )


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

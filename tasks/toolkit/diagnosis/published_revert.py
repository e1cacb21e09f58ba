"""Whether users get a chart with a revert."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ..clients.github.releases import Release
from ..clients.helm.chart import archived_blobs
from ..clients.registry.reference import Reference
from ..core.versions import is_higher, same_precedence
from ..incident.project import Project
from ..workflows.public import public_archive, public_chart, public_manifest
from .version_sync import Comparison

# Chart.yaml also has the version, archives in charts/ are unpacked, and documents do not matter.
NOT_COMPARED = re.compile(r"(.*/)?Chart\.(yaml|lock)|charts/.*\.tgz|(.*/)?[^/]+\.md")
Changes = dict[str, tuple[str, ...]]  # files by name: their ids before, and where they are good


@dataclass(frozen=True)
class Revert:
    """What changed from the commit `before` to the first of the commits `good`.

    Since then the changed files are good, as they are at any of those. With `files`, only those
    were reverted.
    """

    before: str
    good: tuple[str, ...]
    files: Collection[str] | None = None


def reaches_users(
    project: Project,
    release: Release,
    revert: Revert,
    reference: Reference,
    published: str,
) -> bool:
    """Return whether users get the revert of what broke a release.

    They get the version `published` of the chart at `reference`: it has the revert if it is at
    least the release's, with its appVersion, and with the reverted files.
    """
    is_new = is_higher(published, release.version)
    if not is_new and not same_precedence(published, release.version):
        return False
    archive = _archived_blobs(project, reference.with_version(published), len(release.commit))
    if archive is None or not has_files(archive, _changed_files(project, revert)):
        return False
    return has_app_version(project, release, reference, published)


def has_app_version(
    project: Project,
    release: Release,
    reference: Reference,
    published: str,
) -> bool:
    """Return whether a published chart has the appVersion of a release, if that has one."""
    expected = project.releases.rule_of(release.tag).app_version_of(release.tag)
    if not expected:
        return True
    chart = public_chart(project, reference.with_version(published))
    return Comparison("appVersion", chart.app_version, expected).is_kept


def _archived_blobs(
    project: Project,
    reference: Reference,
    id_length: int,
) -> dict[str, str] | None:
    """Return git's ids of a published chart's files by their names in its archive, if it exists."""
    manifest = public_manifest(project, reference)
    if manifest is None:
        return None
    return archived_blobs(public_archive(project, reference, manifest), id_length)


def _changed_files(project: Project, revert: Revert) -> Changes:
    """Return the files of the chart that a revert changed, with their ids at its commits.

    An id is empty where there is no file. Links are left out: helm packages what they lead to.
    """
    git = project.git
    folder = project.chart_dir
    trees = []
    for commit in (revert.before, *revert.good):
        trees.append(git.trees.blobs(commit, folder))
    changes = {}
    for file in git.differing_files(revert.before, revert.good[0], folder):
        is_file = all(tree.get(file, "?") for tree in trees)
        if is_file and (revert.files is None or file in revert.files):
            name = file.removeprefix(f"{folder}/")
            changes[name] = tuple(tree.get(file, "") for tree in trees)
    return changes


def has_files(archive: Mapping[str, str], changes: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether the archive of a chart has the files after the changes, all given by ids.

    The first of a file's ids is that before the changes, and each other one is good. The names in
    an archive begin with the chart's. What helm rewrites does not count, nor what only people read.
    """
    archived = {name.partition("/")[2]: blob for name, blob in archive.items()}
    for name, (before, *good) in changes.items():
        found = archived.get(name, "")
        is_ignored = not found and before and all(good)  # by .helmignore, or it would be there
        if found not in good and not is_ignored and not NOT_COMPARED.fullmatch(name):
            return False
    return True

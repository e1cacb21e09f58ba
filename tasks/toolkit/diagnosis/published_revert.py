"""Whether users get a chart with a revert."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..clients.helm.chart import archived_blobs
from ..clients.registry.reference import Reference
from ..core.versions import is_higher, same_precedence
from ..incident.project import Project

# Chart.yaml also has the version, and archives in charts/ are unpacked.
REWRITTEN = re.compile(r"(.*/)?Chart\.(yaml|lock)|charts/.*\.tgz")


def reaches_users(
    project: Project,
    revert: str,
    release: str,
    reference: Reference,
    published: str,
) -> bool:
    """Return whether users get the commit `revert` of what broke the version `release`.

    They get the version `published` of the chart at `reference`: a higher version has the revert,
    and the release's own has it if its files do.
    """
    if is_higher(published, release):
        return True
    if not same_precedence(published, release):
        return False
    changes = _changed_files(project, revert)
    archive = _archived_blobs(project, reference.with_version(published), len(revert))
    if archive is None or not has_files(archive, changes):
        return False
    chart = project.helm.installer.show(reference, published)
    return same_precedence(chart.app_version, release)


def _archived_blobs(
    project: Project,
    reference: Reference,
    id_length: int,
) -> dict[str, str] | None:
    """Return git's ids of a published chart's files by their names in its archive, if it exists."""
    registry = project.registry(reference, anonymous=True)
    manifest = registry.manifest(reference)
    if manifest is None:
        return None
    return archived_blobs(registry.archive(reference, manifest), id_length)


def _changed_files(project: Project, commit: str) -> dict[str, tuple[str, str]]:
    """Return the files of the chart that a commit changed: their ids before and after.

    An id is empty where there is no file. Links are left out: helm packages what they lead to.
    """
    git = project.git
    folder = project.chart_dir
    before = git.trees.blobs(f"{commit}^", folder)
    after = git.trees.blobs(commit, folder)
    changes = {}
    for file in git.differing_files(f"{commit}^", commit, folder):
        is_file = before.get(file, "?") and after.get(file, "?")
        if is_file:
            name = file.removeprefix(f"{folder}/")
            changes[name] = before.get(file, ""), after.get(file, "")
    return changes


def has_files(archive: Mapping[str, str], changes: Mapping[str, tuple[str, str]]) -> bool:
    """Return whether the archive of a chart has the files after the changes, all given by ids.

    The names in an archive begin with the chart's. What helm rewrites does not count.
    """
    archived = {name.partition("/")[2]: blob for name, blob in archive.items()}
    for name, (before, after) in changes.items():
        found = archived.get(name, "")
        is_ignored = not found and before and after  # by .helmignore, or it would be in either form
        if found != after and not is_ignored and not REWRITTEN.fullmatch(name):
            return False
    return True

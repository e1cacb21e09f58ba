"""Whether users get a chart with a revert."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from ..clients.helm.chart import archive_contents
from ..clients.registry.reference import Reference
from ..core.versions import is_higher, same_precedence
from ..incident.project import Project


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
    archive = _archive_contents(project, reference.with_version(published))
    if not has_files(archive, dict(_changed_files(project, revert))):
        return False
    chart = project.helm.installer.show(reference, published)
    return same_precedence(chart.app_version, release)


def _archive_contents(project: Project, reference: Reference) -> dict[str, str]:
    """Return the digests of a published chart's files by their names in its archive."""
    registry = project.registry(reference, anonymous=True)
    manifest = registry.manifest(reference)
    if manifest is None:
        return {}
    return archive_contents(registry.archive(reference, manifest))


def _changed_files(project: Project, commit: str) -> Iterator[tuple[str, str]]:
    """Yield the files of the chart that a commit changed; the digest of a deleted one is empty."""
    folder = project.chart_dir
    for file in project.git.differing_files(f"{commit}^", commit, folder):
        text = project.git.read_file(commit, file)
        digest = ""
        if text:
            digest = hashlib.sha256(text.encode()).hexdigest()
        yield file.removeprefix(f"{folder}/"), digest


def has_files(archive: Mapping[str, str], changed: Mapping[str, str]) -> bool:
    """Return whether the archive of a chart has the changed files, all given by their digests.

    The names in an archive begin with the chart's. Chart.yaml does not count: it has the version.
    """
    digests = {name.partition("/")[2]: digest for name, digest in archive.items()}
    for name, digest in changed.items():
        if name != "Chart.yaml" and digests.get(name, "") != digest:
            return False
    return True

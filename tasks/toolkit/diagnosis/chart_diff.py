"""How two releases of the chart differ, as users get them: their files, then their manifests."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..clients.git.folders import diff_folders
from ..clients.helm.chart import archive_files
from ..clients.helm.local_chart import Rendering
from ..clients.registry.reference import Reference
from ..console.output import print_line, status
from ..core.errors import BadInput, CheckFailed, RecipeError
from ..core.versions import is_version, nearest_versions
from ..incident.project import Project
from ..recovery.local_chart import prepare_chart
from ..recovery.source import commit_at_origin
from .random_values import RANDOM, hide_random

WORKING_COPY = ("working", ".")
TAGS = "refs/tags/"


@dataclass(frozen=True)
class Side:
    """One of two charts to compare: as it was named, and its archive."""

    name: str
    archive: bytes

    @property
    def folder(self) -> str:
        """The name as that of a folder."""
        return re.sub(r"[^\w.+-]", "-", self.name)


def show_difference(project: Project, old: str, new: str) -> None:
    """Print how two charts differ; each is a version, a tag or the working copy.

    Raises BadInput for a version that is not published, ServiceError.
    """
    sides = [_read_side(project, old)]
    if new != old:
        sides.append(_read_side(project, new))
    names = f"{old} and {new}"
    files = [archive_files(side.archive) for side in sides]
    has_difference = _print_diff(project, sides, files)
    manifests = [_render(project, side) for side in sides]
    if not all(manifests):
        status(f"the manifests of {names} cannot be compared", "warning")
    elif _print_diff(project, sides, manifests):
        has_difference = True
    elif has_difference:
        status(f"{names} render the same manifests with default values", "done")
    if not has_difference:
        status(f"no difference between {names}", "done")


def _print_diff(project: Project, sides: list[Side], contents: list[dict[str, bytes]]) -> bool:
    """Print how the files of two sides differ, and return whether they do."""
    if len(sides) == 1:
        return False
    parent = Path(tempfile.mkdtemp(prefix="diff-", dir=project.scratch))
    old, new = [side.folder for side in sides]
    if new == old:  # such as the tags a/b and a-b
        new += "-new"
    for folder, files in zip((old, new), contents, strict=True):
        _write_files(parent / folder, files)
    difference = diff_folders(project.runner, parent, old, new)
    if difference:
        print_line(difference.rstrip("\n"))
    return bool(difference)


def _write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _render(project: Project, side: Side) -> dict[str, bytes]:
    """Return what a chart renders with default values, as one file; nothing if it does not."""
    with tempfile.NamedTemporaryFile(suffix=".tgz", dir=project.scratch) as file:
        file.write(side.archive)
        file.flush()
        settings = project.settings
        rendering = Rendering(Path(file.name), settings.release_name, settings.namespace)
        try:
            helm = project.helm.local_charts
            first = helm.render(rendering)
            second = helm.render(rendering)
        except CheckFailed as error:
            status(f"{side.name} does not render with default values: {error.what}", "warning")
            return {}
    manifests = hide_random(first, second)
    if manifests != second:
        status(f"{side.name} has other manifests each time: {RANDOM} stands for what differs")
    return {"manifests.yaml": manifests.encode()}


def _read_side(project: Project, name: str) -> Side:
    """Return the chart that a name stands for. Raises BadInput, ServiceError."""
    if name in WORKING_COPY:
        return Side("working", _package(project, project.root))
    commit = ""
    if not is_version(name):
        commit = _commit_of_tag(project, name.removeprefix(TAGS))
    if not commit:
        return Side(name, _published_archive(project, name))
    with project.git.worktrees.checkout(commit, quiet=True) as tree:
        return Side(name, _package(project, tree, is_commit=True))


def _package(project: Project, top: Path, *, is_commit: bool = False) -> bytes:
    folder, _ = prepare_chart(project, top, is_commit=is_commit)
    return project.helm.rehearse_package(folder, []).read_bytes()


def _commit_of_tag(project: Project, tag: str) -> str:
    """Return the commit of a tag at origin, else in this clone; nothing if there is none."""
    if not re.fullmatch(r"[\w][\w.+/@-]*", tag):
        return ""
    try:
        commit = commit_at_origin(project, tag)
    except RecipeError as error:
        status(f"{tag} is taken as this clone has it: {error.what}", "warning")
        commit = ""
    if commit:
        return commit
    try:
        return project.git.resolve(f"{TAGS}{tag}")
    except BadInput:
        return ""


def _published_archive(project: Project, version: str) -> bytes:
    """Return the archive that anybody gets. Raises BadInput if there is none, ServiceError."""
    users = project.install_reference()
    registry = project.registry(users, anonymous=True)
    if is_version(version):
        reference = users.with_version(version)
        manifest = registry.manifest(reference)
        if manifest:
            return registry.archive(reference, manifest)
    tags = registry.tags(users) or []
    raise _not_published(users, version, tags)


def _not_published(users: Reference, version: str, tags: list[str]) -> BadInput:
    nearest = ", ".join(nearest_versions(version, tags))
    advice = "nothing is published there yet"
    if nearest:
        advice = f"choose a published version, such as {nearest}"
    what = f"{version} is neither published at {users.oci} nor a tag"
    if is_version(version):
        what = f"{version} is not published at {users.oci}"
    return BadInput(what, advice)

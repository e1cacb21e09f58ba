"""What the run of a test tag published: found, and removed on demand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ..clients.github.workflow_paths import find_references
from ..clients.registry.reference import Reference
from ..console.output import status
from ..core.shell import join
from ..core.versions import is_never_released
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..incident.published import delete_published
from .branch import TEST_VERSION
from .callers import workflows_at


@dataclass(frozen=True)
class Leftover:
    """Something that a run published: `remove` deletes it, `advice` says how to do that later."""

    name: str
    remove: Callable[[], object]
    advice: str


def removal_command(tag: str, version: str, ref: str = "") -> str:
    """Return the command that removes what the run of a test tag published under its version.

    `ref` is the one that was given to be tagged.
    """
    if not is_never_released(version):  # without its tag it is not recognized as a test's
        return f"invoke publish.withdraw --version {version} --delete"
    words = ["invoke", "prevention.test-tag"]
    if version != TEST_VERSION:
        words += ["--tag", tag]
    if ref:
        words += ["--ref", ref]
    return join([*words, "--clean"])


def find_leftovers(project: Project, tag: str, commit: str, ref: str = "") -> list[Leftover]:
    """Return what has a tag's version, wherever the workflow at `commit` pushes to.

    `ref` is the one that was given to be tagged.
    """
    leftovers = []
    version = project.releases.prerelease_of(tag)
    advice = f"to remove it: {removal_command(tag, version, ref)}"
    for reference in _references(project, version, commit):
        manifest = project.registry(reference).manifest(reference)
        if not manifest:
            continue
        if not manifest.is_chart:
            what = f"{reference} is {manifest.kind}, not a chart"
            status(f"{what}: it is left where it is", "warning")
            continue
        remove = partial(
            delete_published,
            project,
            reference,
            manifest.digest,
        )
        leftovers.append(Leftover(str(reference), remove, advice))
    releases = project.github.releases
    if releases.exists(tag):
        if not is_never_released(version):
            advice = project.github.typed.advice("to remove it", "release", "delete", tag)
        delete = partial(releases.delete, tag)
        leftovers.append(Leftover(f"release {tag}", delete, advice))
    return leftovers


def _references(project: Project, version: str, commit: str) -> list[Reference]:
    references = set(project.published_references(version))
    workflows = workflows_at(project, commit)
    pushed, _ = find_references(workflows, project.workflow_path, project.slug)
    for text in pushed:
        if "$" in text:  # a variable that only a run knows
            continue
        folder = Reference.parse(text)
        reference = folder.with_chart(project.chart.name)
        references.add(reference.with_version(version))
    return sorted(references, key=str)


def handle_leftovers(log: IncidentLog, leftovers: list[Leftover], *, clean: bool) -> None:
    """Remove what runs left if `clean`; otherwise report it with the command that removes it."""
    for leftover in leftovers:
        if clean:
            leftover.remove()
            log.announce(f"removed {leftover.name}")
        else:
            status(f"a run left {leftover.name}; {leftover.advice}", "warning")

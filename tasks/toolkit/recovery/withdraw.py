"""Withdraw a published version, after its bytes are saved."""

from __future__ import annotations

from collections.abc import Iterable

from ..clients.registry.manifest import Manifest
from ..clients.registry.reference import Reference
from ..console.output import status
from ..core.errors import Refused
from ..core.versions import newest_release, published_versions
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.permissions import ensure_may_delete
from ..incident.project import Project
from ..incident.published import delete_published
from .backup import backup_folder, find_backups
from .safeguards import first_names

MOST_NAMED = 5
# What an incident knows of the version that it published.
PUBLISHED_FACTS = (
    "digest",
    "reference",
    "alias",
    "version",
    "app_version",
    "packaged_from",
)


def withdraw_version(project: Project, log: IncidentLog, version: str) -> None:
    """Save a version's bytes, then delete it under each reference.

    Raises Refused, before anything is deleted, if users need the version.
    """
    published = _find_published(project, version)
    if not published:
        _report_unpublished(project, log, version)
        return
    for reference, manifest in published.items():
        _ensure_removable(project, reference, manifest.digest)
    ensure_may_delete(project, published)
    for reference, manifest in published.items():
        folder = backup_folder(log.archives, reference)
        registry = project.registry(reference)
        registry.save(reference, manifest, folder)
    for reference, manifest in published.items():
        _delete(project, log, reference, manifest.digest)
    newest = describe_newest(project, log, version, is_published=False)
    log.announce(f"{newest}; {restore_command(version)}", "next")


def was_withdrawn(project: Project, log: IncidentLog, version: str) -> bool:
    """Return whether an unpublished version was withdrawn on purpose: its bytes are saved."""
    references = project.published_references(version)
    return bool(find_backups(log.state, references))


def describe_newest(
    project: Project,
    log: IncidentLog,
    version: str,
    *,
    is_published: bool,
) -> str:
    """Return in words what users get; `is_published` is of `version`, on which a list may lag."""
    repository = project.install_reference(log.facts.name)
    reference = repository.with_version(version)
    tags = _other_tags(project, reference)
    if is_published:
        tags.append(reference.tag)
    newest = newest_release(tags) or "no release"
    return f"users get {newest} now at {reference.oci}"


def _find_published(project: Project, version: str) -> dict[Reference, Manifest]:
    """Return the chart's manifest under each reference that has it. Raises Refused for another."""
    published = {}
    for reference in project.published_references(version):
        registry = project.registry(reference)
        manifest = registry.manifest(reference)
        if manifest:
            registry.ensure_chart(reference, manifest)
            published[reference] = manifest
    return published


def _report_unpublished(project: Project, log: IncidentLog, version: str) -> None:
    """Report a version that was withdrawn before. Raises Refused for one that never existed."""
    references = project.published_references(version)
    names = " or ".join(map(str, references))
    text = f"{version} is not published at {names}"
    if not was_withdrawn(project, log, version):
        raise Refused(
            f"{text}, so there is nothing to withdraw", name_published(project, references)
        )
    status(f"{text}: it was withdrawn, and its bytes are saved", "done")
    status(restore_command(version), "next")


def name_published(project: Project, references: Iterable[Reference]) -> str:
    """Return in words which versions are published, the highest first."""
    found = set()
    for reference in references:
        tags = project.registry(reference).tags(reference) or []
        found.update(published_versions(tags))
    highest_first = []
    for version in sorted(found, reverse=True):
        highest_first.append(str(version))
    if not highest_first:
        return "nothing is published there"
    return f"published are {first_names(highest_first, MOST_NAMED)}"


def restore_command(version: str) -> str:
    """Return how to restore a withdrawn version."""
    return f"to restore it: invoke publish.restore --version {version}"


def _other_tags(project: Project, reference: Reference) -> list[str]:
    registry = project.registry(reference)
    tags = registry.tags(reference) or []
    return [tag for tag in tags if tag != reference.tag]


def _ensure_removable(project: Project, reference: Reference, digest: str) -> None:
    """Refuse if users would have nothing left to install, or if another tag has the same digest."""
    others = _other_tags(project, reference)
    advice = "publish another first: users would have nothing to install"
    if not published_versions(others):
        raise Refused(f"{reference} is the only version there", advice)
    is_release = bool(newest_release([reference.tag]))
    if is_release and not newest_release(others):
        raise Refused(f"{reference} is the only release there beside pre-releases", advice)
    same = _tags_of_digest(project, reference, others, digest)
    if same:
        what = f"{reference} has the digest of {', '.join(same)}, which would be deleted with it"
        raise Refused(what, "withdraw it by hand, if you must")


def _tags_of_digest(
    project: Project,
    reference: Reference,
    tags: list[str],
    digest: str,
) -> list[str]:
    """Return those of a repository's `tags` that name the manifest with `digest`."""
    registry = project.registry(reference)
    same = []
    for tag in tags:
        manifest = registry.manifest(reference.with_version(tag))
        if manifest and manifest.digest == digest:
            same.append(tag)
    return same


def _delete(
    project: Project,
    log: IncidentLog,
    reference: Reference,
    digest: str,
) -> None:
    folder = backup_folder(log.archives, reference)
    forget: tuple[str, ...] = ()
    if log.facts.digest == digest:
        forget = PUBLISHED_FACTS
    with log.recording_step(
        reference=str(reference),
        digest=digest,
    ) as outcome:
        delete_published(project, reference, digest)
        saved = Facts(saved=str(folder))
        outcome.learn(saved, forget=forget)
    log.announce(f"deleted {reference}, {digest}; its bytes are saved in {folder}")

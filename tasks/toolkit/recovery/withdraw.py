"""Withdraw a published version, after its bytes are saved, and restore it."""

from __future__ import annotations

from pathlib import Path

from ..clients.registry.manifest import Manifest, saved_blob
from ..clients.registry.reference import Reference
from ..console.output import status
from ..core.errors import BadInput, Refused
from ..core.versions import newest_release, published_versions
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..incident.published import delete_published
from .backup import backup_folder, find_saved_version
from .safeguards import Publication

# What an incident knows of the version that it published.
PUBLISHED_FACTS = ("digest", "reference", "alias", "version", "app_version", "packaged_from")


def withdraw_version(project: Project, log: IncidentLog, version: str) -> None:
    """Save a version's bytes, then delete it under each reference.

    Raises Refused, before anything is deleted, if users need the version.
    """
    references = project.published_references(version)
    found = {reference: project.registry(reference).manifest(reference) for reference in references}
    published = {reference: manifest for reference, manifest in found.items() if manifest}
    if not published:
        _report_unpublished(project, log, version)
        return
    for reference, manifest in published.items():
        _ensure_removable(project, reference, manifest.digest)
    for reference, manifest in published.items():
        folder = backup_folder(log.archives, reference)
        project.registry(reference).save(reference, manifest, folder)
    for reference, manifest in published.items():
        _delete(project, log, reference, manifest.digest)
    newest = _newest_for_users(project, log, version, is_published=False)
    log.announce(f"{newest}; {_restore_command(version)}", "next")


def restore_version(project: Project, log: IncidentLog, version: str) -> None:
    """Publish a withdrawn version again: the same bytes, so the same digest.

    Raises BadInput if its bytes are not saved here, Refused if other content is published by now.
    """
    references = project.published_references(version)
    found = {reference: find_saved_version(log.state, reference) for reference in references}
    saved = {reference: backup for reference, backup in found.items() if backup}
    if not saved:
        what = f"the bytes of {version} are not in {log.state}"
        raise BadInput(what, "it was not withdrawn by these recipes, or on another machine")
    missing = {}
    for reference, (folder, manifest) in saved.items():
        if not _is_published(project, log, reference, manifest.digest):
            missing[reference] = folder, manifest
    for reference, (folder, manifest) in missing.items():
        _restore(project, log, reference, folder, manifest)
    if missing:
        log.announce(_newest_for_users(project, log, version, is_published=True), "note")


def was_withdrawn(project: Project, log: IncidentLog, version: str) -> bool:
    """Return whether an unpublished version was withdrawn on purpose: its bytes are saved."""
    references = project.published_references(version)
    return any(find_saved_version(log.state, reference) for reference in references)


def _report_unpublished(project: Project, log: IncidentLog, version: str) -> None:
    references = project.published_references(version)
    text = f"{version} is not published at {' or '.join(map(str, references))}"
    if not was_withdrawn(project, log, version):
        status(text, "done")
        return
    status(f"{text}: it was withdrawn, and its bytes are saved", "done")
    status(_restore_command(version), "next")


def _restore_command(version: str) -> str:
    return f"to restore it: invoke publish.restore --version {version}"


def _ensure_removable(project: Project, reference: Reference, digest: str) -> None:
    """Refuse if users would have nothing left to install, or if another tag has the same digest."""
    registry = project.registry(reference)
    advice = "publish another first: users would have nothing to install"
    others = [tag for tag in registry.tags(reference) or [] if tag != reference.tag]
    if not published_versions(others):
        raise Refused(f"{reference} is the only version there", advice)
    if newest_release([reference.tag]) and not newest_release(others):
        raise Refused(f"{reference} is the only release there beside pre-releases", advice)
    manifests = {tag: registry.manifest(reference.with_version(tag)) for tag in others}
    same = [tag for tag, other in manifests.items() if other and other.digest == digest]
    if same:
        what = f"{reference} has the digest of {', '.join(same)}, which would be deleted with it"
        raise Refused(what, "withdraw it by hand, if you must")


def _delete(
    project: Project,
    log: IncidentLog,
    reference: Reference,
    digest: str,
) -> None:
    folder = backup_folder(log.archives, reference)
    forget = PUBLISHED_FACTS if log.facts.digest == digest else ()
    with log.recording_step(reference=str(reference), digest=digest) as outcome:
        delete_published(project, reference, digest)
        outcome.learn(Facts(saved=str(folder)), forget=forget)
    log.announce(f"deleted {reference}, {digest}; its bytes are saved in {folder}")


def _newest_for_users(
    project: Project,
    log: IncidentLog,
    version: str,
    *,
    is_published: bool,
) -> str:
    """Return in words what users get; `is_published` is of `version`, on which a list may lag."""
    reference = project.install_reference(log.facts.name).with_version(version)
    listed = project.registry(reference).tags(reference) or []
    tags = [tag for tag in listed if tag != reference.tag]
    if is_published:
        tags.append(reference.tag)
    newest = newest_release(tags) or "no release"
    return f"users get {newest} now at {reference.oci}"


def _is_published(
    project: Project,
    log: IncidentLog,
    reference: Reference,
    digest: str,
) -> bool:
    published = project.registry(reference).manifest(reference)
    if published is None:
        return False
    if published.digest != digest:
        what = f"{reference} is by now published with other content, {published.digest}"
        raise Refused(what, "a published version is never overwritten")
    status(f"{reference} is already published, {digest}", "done")
    log.record_skipped()
    return True


def _restore(
    project: Project,
    log: IncidentLog,
    reference: Reference,
    folder: Path,
    manifest: Manifest,
) -> None:
    registry = project.registry(reference)
    archive = b""
    if manifest.chart_layer:
        archive = saved_blob(folder, manifest.chart_layer).read_bytes()
    publication = Publication(project, reference, archive)

    def upload() -> str | None:
        uploaded = registry.upload_saved(reference, manifest, folder)
        return manifest.digest if uploaded else None

    with log.recording_step(reference=str(reference), digest=manifest.digest):
        restored = publication.publish(upload)
    if restored:
        log.announce(f"restored {reference}, {manifest.digest}")
    else:
        status(f"only a real run uploads {reference}, from {folder}: no command to paste does it")

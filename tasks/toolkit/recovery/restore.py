"""Restore a withdrawn version: publish its saved bytes again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ..clients.registry.manifest import Manifest
from ..clients.registry.reference import Reference
from ..clients.registry.saved import read_saved_blob
from ..console.output import status
from ..core.errors import BadInput, Refused
from ..incident.log import IncidentLog
from ..incident.permissions import ensure_may_publish
from ..incident.project import Project
from .backup import find_backups
from .confirmation import push_and_confirm
from .other_operators import watch_for_others
from .safeguards import Publication
from .withdraw import describe_newest, name_published


def restore_version(project: Project, log: IncidentLog, version: str, digest: str = "") -> None:
    """Publish a withdrawn version again: the same bytes, so the same digest.

    `digest` is that of bytes which were saved without a record of it.
    Raises BadInput if its bytes are not saved here, or are not those that were withdrawn; Refused
    if other content is published by now.
    """
    references = project.published_references(version)
    backups = find_backups(log.state, references)
    if not backups:
        what = f"the bytes of {version} are not in {log.state}"
        advice = "it was not withdrawn by these tasks, or on another machine"
        raise BadInput(what, f"{advice}; {name_published(project, references)}")
    missing = {}
    for reference, found in backups.items():
        backup = found.with_digest(digest)
        if not _is_published(project, log, reference, backup.digest):
            missing[reference] = backup.read()
    ensure_may_publish(project, missing)
    for reference, manifest in missing.items():
        _restore(project, log, reference, manifest, backups[reference].folder)
    if missing:
        newest = describe_newest(project, log, version, is_published=True)
        log.announce(newest, "note")


def _is_published(
    project: Project,
    log: IncidentLog,
    reference: Reference,
    digest: str,
) -> bool:
    """Return whether a digest is published, and record it. Raises Refused if another one is."""
    published = project.registry(reference).manifest(reference)
    if published is None:
        return False
    if published.digest != digest:
        what = f"{reference} is now published with other content, {published.digest}"
        raise Refused(what, "withdraw what is there first, or restore another version")
    status(f"{reference} is already published, {digest}", "done")
    log.record_skipped()
    return True


def _restore(
    project: Project,
    log: IncidentLog,
    reference: Reference,
    manifest: Manifest,
    folder: Path,
) -> None:
    digest = manifest.digest
    archive = read_saved_blob(folder, manifest.chart_layer)
    publication = Publication(project, reference, archive)
    upload = partial(_upload, publication, manifest, folder)
    with log.recording_step(reference=str(reference), digest=digest):
        restored = push_and_confirm(publication, upload)
    if restored:
        watch_for_others(publication, log, restored)
        log.announce(f"restored {reference}, {digest}")
        return
    manual = "no shell command does that"
    status(f"only a real run uploads {reference} from {folder}: {manual}")


def _upload(publication: Publication, manifest: Manifest, folder: Path) -> str | None:
    """Upload a backup and return its digest; None if that was only planned."""
    uploaded = publication.registry.upload_saved(publication.reference, manifest, folder)
    return manifest.digest if uploaded else None

"""Withdrawn versions, as an incident keeps them on disk."""

from __future__ import annotations

from pathlib import Path

from tasks.toolkit.clients.registry.manifest import digest_of
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.clients.registry.saved import saved_blob, saved_text
from tasks.toolkit.incident.event import Event
from tasks.toolkit.recovery.backup import backup_folder

from .manifests import CONFIG, chart_manifest


def save_withdrawn(
    incident: Path,
    reference: Reference,
    archive: bytes = b"the chart",
) -> Path:
    """Save a chart in the folder of an incident that withdrew it, and return its own folder."""
    manifest = chart_manifest(archive)
    folder = backup_folder(incident, reference)
    folder.mkdir(parents=True)
    for blob in (CONFIG, archive):
        saved_blob(folder, digest_of(blob)).write_bytes(blob)
    (folder / "manifest.json").write_text(saved_text(manifest))
    record_withdrawal(incident, reference, manifest.digest)
    return folder


def record_withdrawal(incident: Path, reference: Reference, digest: str) -> None:
    """Record in the journal of an incident, which is closed, that a version was withdrawn."""
    data = {"reference": str(reference), "digest": digest}
    events = [
        Event.now("publish.withdraw", "started", data),
        Event.now("timeline.stop", "closed", {}),
    ]
    with (incident / "journal.jsonl").open("a") as journal:
        for event in events:
            journal.write(event.line() + "\n")

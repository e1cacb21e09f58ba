"""Where the bytes of withdrawn versions are saved: <incident>/withdrawn-<repository>-<tag>/."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..clients.registry.manifest import Manifest, read_saved, saved_blob
from ..clients.registry.reference import Reference
from ..core.errors import Refused
from ..core.own_files import open_own
from ..incident.journal import FILE, Journal

MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True)
class Backup:
    """The intact backup of a version: its folder, and the manifest in it."""

    folder: Path
    manifest: Manifest

    def read_archive(self) -> bytes:
        """Return the chart's archive, or nothing if the version was no chart. Raises OSError."""
        layer = self.manifest.chart_layer
        if not layer:
            return b""
        return saved_blob(self.folder, layer).read_bytes()


def backup_folder(incident_folder: Path, reference: Reference) -> Path:
    """Return the folder for the backup of a version."""
    return incident_folder / _folder_name(reference)


def find_backup(state: Path, reference: Reference) -> Backup | None:
    """Return the newest intact backup of a version in the incidents' folder `state`.

    Raises Refused if a file of one is not this user's own.
    """
    folders = state.glob(f"*/{_folder_name(reference)}")
    for folder in sorted(folders, reverse=True):
        _ensure_own(state, folder)
        manifest = read_saved(folder)
        if manifest:
            return Backup(folder, manifest)
    return None


def find_backups(state: Path, references: Iterable[Reference]) -> dict[Reference, Backup]:
    """Return the newest intact backup of each version that has one."""
    backups = {}
    for reference in references:
        backup = find_backup(state, reference)
        if backup:
            backups[reference] = backup
    return backups


def ensure_recorded(backup: Backup, reference: Reference) -> None:
    """Refuse a backup whose digest is not the one that its incident's journal recorded."""
    journal = Journal(backup.folder.parent / FILE)
    recorded = set()
    for event in journal.events:
        if event.data.get("reference") == str(reference):
            recorded.add(event.data.get("digest"))
    digest = backup.manifest.digest
    if digest in recorded:
        return
    what = f"{journal.file} does not record that {reference} was withdrawn with {digest}"
    raise Refused(what, f"what is in {backup.folder} is not published; build the version again")


def _ensure_own(state: Path, folder: Path) -> None:
    for file in sorted(folder.glob("*")) or [folder / MANIFEST_FILE]:
        with suppress(FileNotFoundError):
            os.close(open_own(state, file))


def _folder_name(reference: Reference) -> str:
    repository = reference.repository.replace("/", "_")
    return f"withdrawn-{repository}-{reference.tag}"

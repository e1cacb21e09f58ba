"""Backups of withdrawn versions, in <incident>/withdrawn-<repository>-<tag>/.

Only a backup with the digest in the incident's journal is published again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ..clients.registry.manifest import Manifest
from ..clients.registry.reference import Reference
from ..clients.registry.saved import FILE as MANIFEST_FILE
from ..clients.registry.saved import RESTORE_IT, read_saved
from ..core.errors import BadInput
from ..core.own_files import open_own
from ..incident.journal import FILE as JOURNAL
from ..incident.journal import Journal


@dataclass(frozen=True)
class Backup:
    """The backup of a version: its folder, and the digest that was recorded at its withdrawal.

    A plan that was pasted saves the bytes, and records nothing: then the digest is empty.
    """

    folder: Path
    digest: str

    def with_digest(self, digest: str) -> Backup:
        """Return the backup; `digest` is for one without a record. Raises BadInput."""
        if self.digest:
            return self
        if not digest:
            found = read_saved(self.folder).digest
            what = f"no journal names the bytes in {self.folder}"
            raise BadInput(what, f"if they are those that you saved, add --digest {found}")
        return replace(self, digest=digest)

    def read(self) -> Manifest:
        """Return the manifest, if it and its blobs are those that were withdrawn.

        Raises BadInput.
        """
        manifest = read_saved(self.folder)
        if manifest.digest != self.digest:
            what = f"{self.folder} holds {manifest.digest}, but {self.digest} was withdrawn"
            raise BadInput(what, RESTORE_IT)
        return manifest


def backup_folder(incident_folder: Path, reference: Reference) -> Path:
    """Return the folder for the backup of a version."""
    repository = reference.repository.replace("/", "_")
    return incident_folder / f"withdrawn-{repository}-{reference.tag}"


def find_backup(state: Path, reference: Reference) -> Backup | None:
    """Return the backup of a version's newest withdrawal in the incidents' folder `state`.

    One that is recorded comes before one that is not. Raises Refused if a file of one is not this
    user's own.
    """
    unrecorded = None
    folders = state.glob(backup_folder(Path("*"), reference).as_posix())
    for folder in sorted(folders, reverse=True):
        _ensure_own(state, folder)
        digest = _withdrawn_digest(folder.parent / JOURNAL, reference)
        if digest:
            return Backup(folder, digest)
        if unrecorded is None and (folder / MANIFEST_FILE).is_file():
            unrecorded = Backup(folder, "")
    return unrecorded


def find_backups(state: Path, references: Iterable[Reference]) -> dict[Reference, Backup]:
    """Return the backup of each version that has one."""
    backups = {}
    for reference in references:
        backup = find_backup(state, reference)
        if backup:
            backups[reference] = backup
    return backups


def _ensure_own(state: Path, folder: Path) -> None:
    for file in sorted(folder.glob("*")) or [folder / MANIFEST_FILE]:
        with suppress(FileNotFoundError):
            os.close(open_own(state, file))


def _withdrawn_digest(journal: Path, reference: Reference) -> str:
    """Return the digest of a version that an incident began to withdraw last, or ""."""
    digest = ""
    if not journal.is_file():
        return digest
    for event in Journal(journal).events:
        is_of_version = event.data.get("reference") == str(reference)
        if event.kind == "started" and is_of_version:
            digest = str(event.data.get("digest", ""))
    return digest

"""Where the bytes of withdrawn versions are saved: <incident>/withdrawn-<repository>-<tag>/."""

from __future__ import annotations

from pathlib import Path

from ..clients.registry.manifest import Manifest, read_saved
from ..clients.registry.reference import Reference


def backup_folder(incident_folder: Path, reference: Reference) -> Path:
    """Return the folder for the backup of a version."""
    return incident_folder / _folder_name(reference)


def find_saved_version(state: Path, reference: Reference) -> tuple[Path, Manifest] | None:
    """Return the folder and the manifest of the newest intact backup of a version."""
    for folder in sorted(state.glob(f"*/{_folder_name(reference)}"), reverse=True):
        manifest = read_saved(folder)
        if manifest:
            return folder, manifest
    return None


def _folder_name(reference: Reference) -> str:
    return f"withdrawn-{reference.repository.replace('/', '_')}-{reference.tag}"

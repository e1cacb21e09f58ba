"""Backups on disk: the newest one that is intact is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasks.toolkit.clients.registry.manifest import (
    MANIFEST,
    Manifest,
    digest_of,
    saved_blob,
    saved_text,
)
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.recovery.backup import backup_folder, find_backup

REFERENCE = Reference("ghcr.io", "owner/charts/podinfo", "1.0.0")


def save(state: Path, incident: str, blob: bytes) -> Path:
    """Write a backup of a version with one blob, and return its folder."""
    folder = backup_folder(state / incident, REFERENCE)
    folder.mkdir(parents=True)
    digest = digest_of(blob)
    content = {"layers": [{"digest": digest}]}
    body = json.dumps(content).encode()
    manifest = Manifest(body, MANIFEST)
    (folder / "manifest.json").write_text(saved_text(manifest))
    saved_blob(folder, digest).write_bytes(blob)
    return folder


def test_a_backup_is_named_after_the_version_and_its_repository(tmp_path: Path) -> None:
    folder = backup_folder(tmp_path, REFERENCE)
    assert folder == tmp_path / "withdrawn-owner_charts_podinfo-1.0.0"


def test_the_newest_backup_is_found(tmp_path: Path) -> None:
    save(tmp_path, "2025-01-01T000000Z", b"old")
    newest = save(tmp_path, "2025-01-02T000000Z", b"new")
    found = find_backup(tmp_path, REFERENCE)
    assert found
    assert found.folder == newest
    assert found.manifest.blobs == [digest_of(b"new")]


@pytest.mark.parametrize("damage", ["blob lost", "blob damaged", "manifest lost", "not JSON"])
def test_a_damaged_backup_is_passed_over_for_an_older_one(tmp_path: Path, damage: str) -> None:
    older = save(tmp_path, "2025-01-01T000000Z", b"old")
    newest = save(tmp_path, "2025-01-02T000000Z", b"new")
    blob = saved_blob(newest, digest_of(b"new"))
    manifest = newest / "manifest.json"
    if damage == "blob lost":
        blob.unlink()
    elif damage == "blob damaged":
        blob.write_bytes(b"ne")
    elif damage == "manifest lost":
        manifest.unlink()
    else:
        manifest.write_text("{")
    found = find_backup(tmp_path, REFERENCE)
    assert found
    assert found.folder == older


def test_a_version_of_another_repository_is_not_found(tmp_path: Path) -> None:
    save(tmp_path, "2025-01-01T000000Z", b"old")
    other = Reference("ghcr.io", "owner/podinfo", "1.0.0")
    assert find_backup(tmp_path, other) is None

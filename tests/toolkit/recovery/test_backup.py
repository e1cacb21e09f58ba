"""Backups on disk: the newest one that is intact is found."""

from __future__ import annotations

import json
import os
from dataclasses import replace
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
from tasks.toolkit.core.errors import Refused
from tasks.toolkit.incident.journal import Journal
from tasks.toolkit.recovery.backup import backup_folder, ensure_recorded, find_backup

REFERENCE = Reference("ghcr.io", "owner/charts/podinfo", "1.0.0")


def save(state: Path, incident: str, blob: bytes) -> Path:
    """Write a backup of a version with one blob, and return its folder."""
    folder = backup_folder(state / incident, REFERENCE)
    folder.mkdir(parents=True, exist_ok=True)
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


DAMAGED = [
    "[]",
    "null",
    "{}",
    '{"body": 5, "kind": "x"}',
    '{"body": "[]", "kind": "x"}',
    '{"body": "null", "kind": "x"}',
    '{"body": "{\\"layers\\": 5}", "kind": "x"}',
    '{"body": "{\\"layers\\": [5]}", "kind": "x"}',
    '{"body": "{\\"layers\\": [{\\"digest\\": 5}]}", "kind": "x"}',
    '{"body": "{\\"layers\\": [{\\"digest\\": \\"../../etc\\"}]}", "kind": "x"}',
    "[" * 100_000,
]


@pytest.mark.parametrize("text", DAMAGED, ids=lambda text: text[:60])
def test_a_damaged_manifest_is_no_backup(tmp_path: Path, text: str) -> None:
    folder = save(tmp_path, "2025-01-01T000000Z", b"old")
    (folder / "manifest.json").write_text(text)
    assert find_backup(tmp_path, REFERENCE) is None


def test_a_file_of_a_backup_that_is_a_link_or_a_pipe_is_refused(tmp_path: Path) -> None:
    folder = save(tmp_path, "2025-01-01T000000Z", b"old")
    blob = saved_blob(folder, digest_of(b"old"))
    elsewhere = blob.rename(tmp_path / "elsewhere")
    blob.symlink_to(elsewhere)
    with pytest.raises(Refused, match="is a symbolic link"):
        find_backup(tmp_path, REFERENCE)
    blob.unlink()
    os.mkfifo(blob)
    with pytest.raises(Refused, match="is not a regular file"):
        find_backup(tmp_path, REFERENCE)


def test_a_backup_whose_folder_is_a_link_is_refused(tmp_path: Path) -> None:
    folder = save(tmp_path / "elsewhere", "2025-01-01T000000Z", b"old")
    incident = tmp_path / "state" / "2025-01-01T000000Z"
    incident.mkdir(parents=True)
    (incident / folder.name).symlink_to(folder)
    with pytest.raises(Refused, match="is a symbolic link"):
        find_backup(tmp_path / "state", REFERENCE)


def test_only_the_digest_that_the_journal_recorded_is_published_again(tmp_path: Path) -> None:
    journal = Journal()
    journal.open(tmp_path, "it broke")
    save(tmp_path, journal.id, b"old")
    backup = find_backup(tmp_path, REFERENCE)
    assert backup
    with pytest.raises(Refused, match=f"does not record that {REFERENCE} was withdrawn"):
        ensure_recorded(backup, REFERENCE)
    intent = {"reference": str(REFERENCE), "digest": backup.manifest.digest}
    journal.write("publish.withdraw", "started", intent)
    ensure_recorded(backup, REFERENCE)
    changed = save(tmp_path, journal.id, b"prepared")
    with pytest.raises(Refused, match=f"what is in {changed} is not published"):
        ensure_recorded(replace(backup, manifest=Manifest(b"{}", MANIFEST)), REFERENCE)


def test_a_version_of_another_repository_is_not_found(tmp_path: Path) -> None:
    save(tmp_path, "2025-01-01T000000Z", b"old")
    other = Reference("ghcr.io", "owner/podinfo", "1.0.0")
    assert find_backup(tmp_path, other) is None

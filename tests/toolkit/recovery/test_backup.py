"""Backups on disk: only the bytes that a journal names are published again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tasks.toolkit.clients.registry.manifest import MANIFEST, digest_of
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.clients.registry.saved import saved_blob
from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.recovery.backup import Backup, backup_folder, find_backup

from ..manifests import chart_manifest
from ..withdrawals import record_withdrawal, save_withdrawn

REFERENCE = Reference("ghcr.io", "owner/charts/podinfo", "1.0.0")
OLDER = "2025-01-01T000000Z"
NEWER = "2025-01-02T000000Z"


def found_backup(state: Path) -> Backup:
    backup = find_backup(state, REFERENCE)
    assert backup
    return backup


def test_a_backup_is_named_after_the_version_and_its_repository(tmp_path: Path) -> None:
    folder = backup_folder(tmp_path, REFERENCE)
    assert folder == tmp_path / "withdrawn-owner_charts_podinfo-1.0.0"


def test_the_newest_backup_is_found(tmp_path: Path) -> None:
    save_withdrawn(tmp_path / OLDER, REFERENCE, b"old")
    newest = save_withdrawn(tmp_path / NEWER, REFERENCE, b"new")
    backup = found_backup(tmp_path)
    assert backup.folder == newest
    assert backup.read() == chart_manifest(b"new")


@pytest.mark.parametrize("damage", ["blob lost", "blob damaged", "manifest lost", "not JSON"])
def test_a_damaged_backup_is_an_error_and_no_older_one_is_taken(
    tmp_path: Path,
    damage: str,
) -> None:
    save_withdrawn(tmp_path / OLDER, REFERENCE, b"old")
    newest = save_withdrawn(tmp_path / NEWER, REFERENCE, b"new")
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
    with pytest.raises(BadInput, match=str(newest)):
        found_backup(tmp_path).read()


def test_an_intact_chart_with_another_digest_than_was_recorded_is_an_error(tmp_path: Path) -> None:
    folder = save_withdrawn(tmp_path / NEWER, REFERENCE, b"new")
    body = json.dumps(json.loads(chart_manifest(b"new").body), indent=1)
    saved = {"body": body, "kind": MANIFEST}
    (folder / "manifest.json").write_text(json.dumps(saved))
    with pytest.raises(BadInput, match=r"but sha256:.* was withdrawn"):
        found_backup(tmp_path).read()


def test_bytes_that_no_journal_names_need_a_digest_and_come_last(tmp_path: Path) -> None:
    folder = save_withdrawn(tmp_path / NEWER, REFERENCE)
    (tmp_path / NEWER / "journal.jsonl").unlink()
    backup = found_backup(tmp_path)
    digest = chart_manifest(b"the chart").digest
    with pytest.raises(BadInput, match=f"no journal names the bytes in {folder}: .*{digest}"):
        backup.with_digest("")
    assert backup.with_digest(digest).read().digest == digest
    with pytest.raises(BadInput, match="but sha256:other was withdrawn"):
        backup.with_digest("sha256:other").read()
    older = save_withdrawn(tmp_path / OLDER, REFERENCE, b"old")
    assert found_backup(tmp_path).folder == older


def test_what_a_journal_withdrew_last_counts(tmp_path: Path) -> None:
    save_withdrawn(tmp_path / NEWER, REFERENCE)
    record_withdrawal(tmp_path / NEWER, REFERENCE, "sha256:later")
    assert found_backup(tmp_path).digest == "sha256:later"


def test_a_file_of_a_backup_that_is_a_link_or_a_pipe_is_refused(tmp_path: Path) -> None:
    folder = save_withdrawn(tmp_path / OLDER, REFERENCE)
    manifest = folder / "manifest.json"
    elsewhere = manifest.rename(tmp_path / "elsewhere")
    manifest.symlink_to(elsewhere)
    with pytest.raises(Refused, match="is a symbolic link"):
        find_backup(tmp_path, REFERENCE)
    manifest.unlink()
    os.mkfifo(manifest)
    with pytest.raises(Refused, match="is not a regular file"):
        find_backup(tmp_path, REFERENCE)


def test_a_backup_whose_folder_is_a_link_is_refused(tmp_path: Path) -> None:
    folder = save_withdrawn(tmp_path / "elsewhere" / OLDER, REFERENCE)
    incident = tmp_path / "state" / OLDER
    incident.mkdir(parents=True)
    (incident / folder.name).symlink_to(folder)
    with pytest.raises(Refused, match="is a symbolic link"):
        find_backup(tmp_path / "state", REFERENCE)


def test_a_version_of_another_repository_is_not_found(tmp_path: Path) -> None:
    save_withdrawn(tmp_path / OLDER, REFERENCE)
    other = Reference("ghcr.io", "owner/podinfo", "1.0.0")
    assert find_backup(tmp_path, other) is None

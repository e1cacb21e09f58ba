"""The archive that an incident keeps is pushed only as its journal recorded it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tasks.toolkit.clients.registry.manifest import digest_of
from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.recovery.kept_archive import archive_digest, find_packaged


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    archive = tmp_path / "state" / "incident" / "podinfo-1.0.0.tgz"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"chart")
    return archive


def test_what_was_packaged_is_found(archive: Path) -> None:
    facts = Facts(archive=str(archive), sha256=digest_of(b"chart"))
    assert find_packaged(facts) == archive


def test_without_an_archive_it_is_said_what_to_run(archive: Path) -> None:
    with pytest.raises(BadInput, match="no chart was packaged"):
        find_packaged(Facts())
    archive.unlink()
    with pytest.raises(BadInput, match="is gone: run `invoke"):
        find_packaged(Facts(archive=str(archive), sha256=digest_of(b"chart")))


def test_what_was_changed_since_is_refused(archive: Path) -> None:
    for recorded in (digest_of(b"another"), ""):
        with pytest.raises(Refused, match="is not what was packaged"):
            find_packaged(Facts(archive=str(archive), sha256=recorded))


def test_a_link_and_a_pipe_are_refused(archive: Path) -> None:
    real = archive.rename(archive.with_name("real"))
    archive.symlink_to(real)
    with pytest.raises(Refused, match="symbolic link"):
        archive_digest(archive)
    archive.unlink()
    os.mkfifo(archive)
    with pytest.raises(Refused, match="not a regular file"):
        archive_digest(archive)

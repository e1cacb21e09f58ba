"""The incidents in a state folder: each repository continues its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tasks.toolkit.incident.incidents import Owner, open_journal, own_journals
from tasks.toolkit.incident.journal import FILE, Journal

RECORDED = Path(__file__).with_name("first_edition.jsonl")
OURS = Owner("stianfro/threek8s")
SHARED = Owner("stianfro/threek8s", is_shared=True)
OTHER = Owner("owner/podinfo", is_shared=True)


def open_one(state: Path, repository: str) -> Journal:
    journal = Journal()
    journal.open(state, "it broke", repository)
    return journal


def continued(state: Path, owner: Owner) -> Journal:
    return open_journal(state, str, lambda change: change(), owner)


def test_in_a_shared_folder_each_repository_continues_its_own_incident(tmp_path: Path) -> None:
    ours = open_one(tmp_path, "Stianfro/threek8s")
    other = open_one(tmp_path, "owner/podinfo")
    assert continued(tmp_path, SHARED).id == ours.id
    assert continued(tmp_path, SHARED).repairs == []
    assert continued(tmp_path, OTHER).id == other.id
    assert [journal.id for journal in own_journals(tmp_path, OTHER)] == [other.id]
    assert SHARED.lock_name != OTHER.lock_name


def test_in_a_clone_an_incident_of_another_repository_is_ignored_and_named(
    tmp_path: Path,
) -> None:
    other = open_one(tmp_path, "owner/podinfo")
    found = continued(tmp_path, OURS)
    assert found.id == ""
    assert found.repairs == [
        f"incident {other.id} is of owner/podinfo, not of stianfro/threek8s: ignored"
    ]


def test_an_incident_that_names_no_repository_is_of_the_clone_that_keeps_it(
    tmp_path: Path,
) -> None:
    unnamed = open_one(tmp_path, "")
    assert continued(tmp_path, OURS).id == unnamed.id
    shared = continued(tmp_path, SHARED)
    assert shared.id == ""
    assert "does not say which repository it is of: ignored" in shared.repairs[0]


@pytest.mark.parametrize("owner", [OURS, SHARED])
def test_the_first_edition_named_it_in_the_url_of_the_revert(
    tmp_path: Path,
    owner: Owner,
) -> None:
    folder = tmp_path / "2026-11-25T145003Z"
    folder.mkdir()
    lines = RECORDED.read_text().splitlines(keepends=True)
    (folder / FILE).write_text("".join(lines[:-1]))  # not closed
    assert continued(tmp_path, owner).id == folder.name
    assert continued(tmp_path, OTHER).id == ""
    shutil.rmtree(folder)


def test_incidents_of_one_second_get_folders_of_their_own(tmp_path: Path) -> None:
    ids = [open_one(tmp_path, "owner/podinfo").id for _ in range(3)]
    assert len(set(ids)) == 3
    assert ids == sorted(ids)

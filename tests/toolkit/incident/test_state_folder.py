"""The state folder: one that somebody else may have written is refused and named."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.core.errors import Refused
from tasks.toolkit.incident.state_folder import find_state


def git(folder: Path, *args: str) -> None:
    subprocess.run(["git", *args], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    clone = tmp_path / "clone"
    git(tmp_path, "init", "--quiet", str(clone))
    return clone


def state_of(clone: Path, chosen: Path | None = None) -> Path:
    runner = ProcessRunner(dict(os.environ), 30, Executor(dry_run=False))
    return find_state(runner, chosen, lambda: clone)


def make_journal(state: Path) -> Path:
    file = state / "2026-01-01T000000Z" / "journal.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text("{}\n")
    return file


def test_it_is_in_the_clone_or_where_the_user_chose(clone: Path, tmp_path: Path) -> None:
    assert state_of(clone) == clone / ".rollback"
    make_journal(clone / ".rollback")
    assert state_of(clone) == clone / ".rollback"
    make_journal(tmp_path / "kept")
    link = tmp_path / "link"
    link.symlink_to("kept")
    assert state_of(clone, link) == link


@pytest.mark.parametrize("name", [".rollback", ".Rollback"])
def test_one_that_git_tracks_is_refused_with_the_file_that_it_tracks(
    clone: Path,
    name: str,
) -> None:
    file = make_journal(clone / name)
    git(clone, "add", "--force", name)
    if name != ".rollback":  # as a file system that ignores case shows it
        (clone / name).rename(clone / ".rollback")
    with pytest.raises(Refused, match="git tracks") as caught:
        state_of(clone)
    assert str(file.relative_to(clone)) in str(caught.value)
    assert "git rm -r .rollback" in str(caught.value)


def test_a_chosen_one_that_another_repository_tracks_is_refused(
    clone: Path,
    tmp_path: Path,
) -> None:
    other = tmp_path / "other"
    git(tmp_path, "init", "--quiet", str(other))
    make_journal(other / "kept")
    git(other, "add", "--force", "kept")
    with pytest.raises(Refused, match="git tracks kept/2026"):
        state_of(clone, other / "kept")


@pytest.mark.parametrize("is_chosen", [True, False])
def test_one_that_is_itself_a_clone_with_incidents_is_refused(
    clone: Path,
    tmp_path: Path,
    is_chosen: bool,
) -> None:
    chosen = tmp_path / "kept" if is_chosen else None
    state = chosen or clone / ".rollback"
    make_journal(state)
    git(state, "init", "--quiet")
    assert state_of(clone, chosen) == state
    git(state, "add", "--all")
    with pytest.raises(Refused, match=r"is a clone whose git tracks 2026\S+ so others"):
        state_of(clone, chosen)


def test_a_link_in_the_clone_is_refused(clone: Path, tmp_path: Path) -> None:
    make_journal(tmp_path / "kept")
    (clone / ".rollback").symlink_to(tmp_path / "kept")
    with pytest.raises(Refused, match="is a symbolic link"):
        state_of(clone)


def test_one_that_every_user_may_write_is_refused(clone: Path) -> None:
    make_journal(clone / ".rollback")
    (clone / ".rollback").chmod(0o777)
    with pytest.raises(Refused, match="every user of this machine may write"):
        state_of(clone)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give folders away")
def test_one_of_another_user_is_refused(clone: Path) -> None:
    make_journal(clone / ".rollback")
    os.chown(clone / ".rollback", 54321, -1)
    with pytest.raises(Refused, match="belongs to another user"):
        state_of(clone)

"""The scratch folder: private, gone at the end, and swept later if its invocation was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.toolkit.clients.scratch import ScratchFolder


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let temporary folders be made in a folder of the test's own."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder


@pytest.fixture
def base(temporary: Path) -> Path:
    """Return the folder that keeps this user's scratch folders."""
    return temporary / f"rollback-{os.getuid()}"


def permissions(path: Path) -> int:
    return path.stat().st_mode & 0o777


def make_abandoned(base: Path) -> Path:
    """Make a folder as a killed invocation leaves it."""
    folder = base / "abandoned"
    (folder / "tree-1").mkdir(parents=True)
    base.chmod(0o700)
    (folder / "lock").touch()
    return folder


def test_the_folder_is_private_and_gone_at_the_end(base: Path) -> None:
    scratch = ScratchFolder(lambda _: None)
    assert scratch.path.parent == base
    assert permissions(base) == 0o700
    assert permissions(scratch.path) == 0o700
    scratch.clean()
    assert [*base.iterdir()] == []
    os.close(scratch.descriptor)


def test_an_abandoned_folder_is_deleted_and_its_worktrees_are_dropped(base: Path) -> None:
    abandoned = make_abandoned(base)
    dropped: list[Path] = []
    scratch = ScratchFolder(dropped.append)
    assert dropped == [abandoned / "tree-1"]
    assert [*base.iterdir()] == [scratch.path]
    os.close(scratch.descriptor)


def test_a_folder_stays_while_a_program_that_inherited_its_lock_runs(base: Path) -> None:
    other = ScratchFolder(lambda _: None)
    script = "import sys; print('up', flush=True); sys.stdin.read()"
    program = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=[other.descriptor],
    )
    assert program.stdout and program.stdin
    program.stdout.readline()
    os.close(other.descriptor)  # as if the invocation had been killed
    scratch = ScratchFolder(lambda _: None)
    assert other.path.is_dir()
    program.stdin.close()
    program.wait()
    scratch.sweep()
    assert [*base.iterdir()] == [scratch.path]
    os.close(scratch.descriptor)


def test_a_folder_that_no_invocation_made_stays(base: Path) -> None:
    base.mkdir(mode=0o700)
    (base / "mine").mkdir()
    scratch = ScratchFolder(lambda _: None)
    assert (base / "mine").is_dir()
    os.close(scratch.descriptor)


@pytest.mark.parametrize("kind", ["open to others", "a link"])
def test_a_base_that_another_user_could_have_made_is_not_used(
    base: Path, temporary: Path, kind: str
) -> None:
    if kind == "a link":
        (temporary / "elsewhere").mkdir(mode=0o700)
        base.symlink_to(temporary / "elsewhere")
    else:
        base.mkdir()
        base.chmod(0o777)
    scratch = ScratchFolder(lambda _: None)
    assert scratch.path.parent == temporary
    assert permissions(scratch.path) == 0o700
    assert [*base.iterdir()] == []
    os.close(scratch.descriptor)

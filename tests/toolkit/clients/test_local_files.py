"""Changes of files: made, or in a dry run shown."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.local_files import make_private_folder, write_text


def test_a_private_folder_is_hidden_from_git_and_an_ignore_file_stays(tmp_path: Path) -> None:
    executor = Executor(dry_run=False)
    ignore = tmp_path / "state" / ".gitignore"
    folder = tmp_path / "state" / "incident"
    assert make_private_folder(executor, folder, ignore) is True
    assert folder.stat().st_mode & 0o777 == 0o700
    assert ignore.read_text() == "*\n"
    ignore.write_text("mine\n")
    assert make_private_folder(executor, folder, ignore) is True
    assert ignore.read_text() == "mine\n"


def test_a_plan_makes_a_private_folder_when_it_is_pasted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    executor = Executor(dry_run=True)
    ignore = tmp_path / "the state" / ".gitignore"
    folder = tmp_path / "the state" / "$(id)"
    assert make_private_folder(executor, folder, ignore) is None
    executor.finish(complete=True)
    assert [*tmp_path.iterdir()] == []
    subprocess.run(["/bin/sh", "-c", capsys.readouterr().out], check=True)
    assert folder.is_dir()
    assert ignore.read_text() == "*\n"


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_text_is_written_or_a_plan_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], dry_run: bool
) -> None:
    file = tmp_path / "lessons.md"
    written = write_text(Executor(dry_run=dry_run), file, "text\n")
    assert written is (None if dry_run else True)
    assert file.exists() is not dry_run
    assert (f"# {file} is written" in capsys.readouterr().out) is dry_run


def test_a_text_that_cannot_be_written_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_text(Executor(dry_run=False), tmp_path / "nowhere" / "lessons.md", "text\n")

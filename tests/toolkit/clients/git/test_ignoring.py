"""Git ignores a file in one clone alone; what the repository tracks stays as it is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.git.ignoring import ignore_file
from tasks.toolkit.clients.process import ProcessRunner


@pytest.fixture
def runner() -> ProcessRunner:
    return ProcessRunner({"PATH": "/usr/bin:/bin"}, 30, Executor(dry_run=False))


def untracked(folder: Path) -> str:
    argv = ["git", "status", "--porcelain", "--untracked-files=all"]
    return subprocess.run(argv, cwd=folder, text=True, capture_output=True, check=True).stdout


@pytest.mark.parametrize("name", [".env", "a [b]* c.env", "#x", "!y", "end "])
def test_a_file_is_ignored_whatever_its_name(
    tmp_path: Path,
    runner: ProcessRunner,
    name: str,
) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".git" / "info" / "exclude").write_text("/old")
    folder = tmp_path / "rollback"
    folder.mkdir()
    (folder / name).touch()
    exclude = ignore_file(runner, folder / name)
    assert exclude == tmp_path / ".git" / "info" / "exclude"
    assert exclude.read_text().startswith("/old\n/rollback/")
    assert untracked(tmp_path) == ""
    assert ignore_file(runner, folder / name) is None


def test_outside_of_a_repository_there_is_nothing_to_do(
    tmp_path: Path,
    runner: ProcessRunner,
) -> None:
    assert ignore_file(runner, tmp_path / ".env") is None

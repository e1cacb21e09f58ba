"""The file of settings holds a token: git must ignore it, and one that git tracks is not read."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from invoke.config import Config
from invoke.context import Context

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.core.errors import Refused
from tasks.toolkit.incident.context import Incident
from tasks.toolkit.incident.env_check import check_env_file


def git(folder: Path, *args: str) -> None:
    subprocess.run(["git", *args], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a `.env` in a new repository."""
    git(tmp_path, "init", "--quiet", "a clone")
    file = tmp_path / "a clone" / ".env"
    file.write_text("GITHUB_TOKEN=ghp_hush\n")
    file.chmod(0o600)
    return file


def check(file: Path, **environ: str) -> list[str]:
    runner = ProcessRunner({**os.environ, **environ}, 30, Executor(dry_run=False))
    return check_env_file(runner, file)


def test_one_that_git_ignores_or_that_is_in_no_repository_is_read(
    file: Path,
    tmp_path: Path,
) -> None:
    file.with_name(".gitignore").write_text(".env\n")
    assert check(file) == []
    outside = file.rename(tmp_path / ".env")
    assert check(outside) == []
    assert check(file) == []  # there is none


def test_one_that_git_tracks_is_refused_before_it_is_read(file: Path) -> None:
    git(file.parent, "add", ".env")
    file.with_name(".gitignore").write_text(".env\n")  # too late
    environ = {"PATH": os.environ["PATH"], "ENV_FILE": str(file)}
    with pytest.raises(Refused, match=r"rm --cached \.env`, .* revoke a token"):
        Incident(Context(Config()), environ, file.parent)
    link = file.with_name("link")
    link.symlink_to(file)
    with pytest.raises(Refused, match="git tracks"):
        check(link)


def test_one_that_git_does_not_ignore_is_read_with_a_warning(file: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "ENV_FILE": str(file)}
    incident = Incident(Context(Config()), environ, file.parent)
    (warning,) = incident.warnings
    assert warning.startswith(f"git does not ignore {file}, ")
    subprocess.run(warning.partition(": ")[2], shell=True, check=True)  # noqa: S602
    assert check(file) == []


def test_without_git_it_is_read(file: Path) -> None:
    git(file.parent, "add", ".env")
    assert check(file, PATH="/nowhere") == []

"""A repository on the GitHub stand-in, without a sandbox around it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tasks.sandbox.github.records import Pull
from tasks.sandbox.github.repository import Repository
from tasks.sandbox.github.state import State
from tasks.sandbox.github.workflows import Actions

from ...conftest import FOLDERS

PROGRAMS = {"PATH": os.pathsep.join([*map(str, FOLDERS), os.environ["PATH"]])}
AUTHOR = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
LINES = "one\ntwo\nthree\nfour\nfive\n"


class Clone:
    """A clone in which somebody commits and pushes."""

    def __init__(self, remote: Path, folder: Path) -> None:
        self.folder = folder
        subprocess.run(["git", "clone", "--quiet", remote, folder], check=True)

    def git(self, *args: str) -> str:
        """Run git as somebody, and return what it prints."""
        done = subprocess.run(
            ["git", *AUTHOR, *args],
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def push(
        self,
        branch: str,
        old: str,
        new: str,
        file: str = "file",
    ) -> None:
        """Replace text in a file, and push the commit to a branch.

        A new branch begins at `main`. With no `old` text the file is made.
        """
        self.git("fetch", "--quiet")
        start = f"origin/{branch}"
        if not self.git("branch", "--remotes", "--list", start):
            start = "origin/main"
        self.git("switch", "--quiet", "--force-create", branch, start)
        path = self.folder / file
        text = new
        if old:
            text = path.read_text().replace(old, new)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--message={new.strip()}")
        self.git("push", "--quiet", "origin", branch)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Return an empty bare repository."""
    path = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-bmain", path], check=True)
    return Repository(path, "stianfro/threek8s")


@pytest.fixture
def clone(repository: Repository, tmp_path: Path) -> Clone:
    """Return a clone that pushed a first commit, of a file with five lines."""
    made = Clone(repository.path, tmp_path / "clone")
    file = made.folder / "file"
    file.write_text(LINES)
    made.git("switch", "--quiet", "--create", "main")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message=first")
    made.git("push", "--quiet", "origin", "main")
    return made


@pytest.fixture
def github(
    repository: Repository,
    clone: Clone,  # noqa: ARG001 - has pushed
    tmp_path: Path,
) -> State:
    """Return GitHub's state of the repository that the clone pushed to."""
    folder = tmp_path / "runs"
    folder.mkdir()
    actions = Actions(repository, "hush", folder, PROGRAMS)
    return State(repository, actions)


@pytest.fixture
def pull(github: State, clone: Clone) -> Pull:
    """Return the pull request 1, which replaces `two` by `2`."""
    clone.push("two", "two", "2")
    return github.open_pull("two", "main", "Two")

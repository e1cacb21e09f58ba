"""A repository on the GitHub stand-in, without a sandbox around it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tasks.sandbox.github.repository import Repository
from tasks.sandbox.github.state import State
from tasks.sandbox.github.workflows import Actions

LINES = "one\ntwo\nthree\nfour\nfive\n"


class Clone:
    """A clone in which somebody commits and pushes."""

    def __init__(self, remote: Path, folder: Path) -> None:
        self.folder = folder
        subprocess.run(["git", "clone", "--quiet", remote, folder], check=True)

    def git(self, *args: str) -> str:
        """Run git as somebody, and return what it prints."""
        author = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
        argv = ["git", "-C", str(self.folder), *author, *args]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    def push(self, branch: str, old: str, new: str, file: str = "file") -> None:
        """Replace text in a file, and push the commit to a branch.

        A new branch begins at `main`. With no `old` text the file is made.
        """
        self.git("fetch", "--quiet")
        branches = self.git("branch", "--remotes", "--format=%(refname:short)").split()
        start = f"origin/{branch}" if f"origin/{branch}" in branches else "origin/main"
        self.git("switch", "--quiet", "--force-create", branch, start)
        path = self.folder / file
        if old:
            new_text = path.read_text().replace(old, new)
        else:
            path.parent.mkdir(parents=True)
            new_text = new
        path.write_text(new_text)
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--message={new.strip()}")
        self.git("push", "--quiet", "origin", branch)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Return an empty bare repository."""
    made = Repository(tmp_path / "remote.git", "stianfro/threek8s")
    subprocess.run(["git", "init", "--quiet", "--bare", "-bmain", made.path], check=True)
    return made


@pytest.fixture
def clone(repository: Repository, tmp_path: Path) -> Clone:
    """Return a clone that pushed a first commit, of a file with five lines."""
    made = Clone(repository.path, tmp_path / "clone")
    (made.folder / "file").write_text(LINES)
    made.git("switch", "--quiet", "--create", "main")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message=first")
    made.git("push", "--quiet", "origin", "main")
    return made


@pytest.fixture
def github(repository: Repository, clone: Clone, tmp_path: Path) -> State:
    """Return GitHub's state of the repository that the clone pushed to."""
    assert clone
    actions = Actions(repository, "hush", tmp_path, {"PATH": "/usr/bin:/bin"})
    return State(repository, actions)

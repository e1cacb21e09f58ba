"""A user's clone and its bare origin, made with real git in `tmp_path`."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import pytest

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.git.repository import Repository
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.core.secret import Secret

GITCONFIG = """
[user]
name = User
email = user@example.com
[init]
defaultBranch = main
[commit]
gpgSign = false
"""


class Clone:
    """A clone of the bare repository `origin`, with one commit on main."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home"
        self.folder = root / "clone"
        self.origin = root / "origin.git"
        self.scratch = root / "scratch"

    def create(self) -> None:
        """Make the folders, and the commit on main in both places."""
        for folder in (self.home, self.scratch):
            folder.mkdir()
        (self.home / ".gitconfig").write_text(GITCONFIG)
        origin = str(self.origin)
        self.git("init", "--quiet", "--bare", "--template=", origin, at=self.root)
        self.git("clone", "--quiet", origin, str(self.folder), at=self.root)
        self.change("one")
        self.push("main")
        self.git("remote", "set-head", "origin", "main")

    def copy(self, root: Path) -> Clone:
        """Copy all that to `root`, which is faster than making it again."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        copy = Clone(root)
        copy.set_origin(str(copy.origin))
        return copy

    @cached_property
    def first(self) -> str:
        """The hash of the commit that origin/main was cloned with."""
        return self.git("rev-list", "--max-parents=0", "origin/main")

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of the user's programs."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C",
        }

    def git(self, *argv: str, at: Path | None = None) -> str:
        """Run git as the user does, and return what it prints."""
        folder = at or self.folder
        output = subprocess.run(
            ["git", *argv],
            cwd=folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert output.returncode == 0, output.stderr
        return output.stdout.strip()

    def commit(
        self,
        message: str,
        files: Mapping[str, str],
        at: Path | None = None,
    ) -> str:
        """Write files, commit them, and return the hash of the commit."""
        folder = at or self.folder
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.git("add", "--all", at=folder)
        self.git(
            "commit",
            "--quiet",
            "--allow-empty",
            f"--message={message}",
            at=folder,
        )
        return self.head(folder)

    def change(self, text: str, at: Path | None = None) -> str:
        """Commit a change of `file`, and return the hash of the commit."""
        return self.commit(f"feat: {text}", {"file": f"{text}\n"}, at)

    def push(self, refspec: str, at: Path | None = None) -> None:
        """Let origin have what is here, whatever it had."""
        self.git("push", "--quiet", "--force", "origin", refspec, at=at)

    def head(self, at: Path | None = None) -> str:
        """Return the hash of the commit that is checked out."""
        return self.git("rev-parse", "HEAD", at=at)

    def main_at_origin(self) -> str:
        """Return the hash of main at origin."""
        return self.git("rev-parse", "main", at=self.origin)

    def branch_off(self, name: str) -> None:
        """Begin a branch."""
        self.git("switch", "--quiet", "--create", name)

    def merge_into_main(self, branch: str) -> str:
        """Merge a branch into main, which has got another commit, and return the merge commit."""
        self.git("switch", "--quiet", "main")
        self.commit("feat: other", {"other": "x"})
        self.git("merge", "--quiet", "--no-ff", "--no-edit", branch)
        return self.head()

    def write(self, name: str, text: str) -> None:
        """Write a file of the working copy."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def worktrees(self) -> int:
        """Return how many worktrees the clone has beside the user's."""
        return self.git("worktree", "list").count("\n")

    def runner(self, *, dry_run: bool = False) -> ProcessRunner:
        """Return what runs the programs of an invocation."""
        executor = Executor(dry_run=dry_run)
        return ProcessRunner(self.environ, 20, executor)

    def repository(self, runner: ProcessRunner) -> Repository:
        """Return the client of this clone."""
        return Repository(runner, self.folder, self.scratch, Secret(""))

    def colleague(self) -> Path:
        """Return another clone, in which somebody else works."""
        folder = self.root / "colleague"
        self.git("clone", "--quiet", str(self.origin), str(folder), at=self.root)
        return folder

    def move_origin(self) -> str:
        """Let a colleague push a change of main to origin, and return its commit."""
        folder = self.colleague()
        commit = self.change("newer", at=folder)
        self.push("main", folder)
        return commit

    def paste(self, plan: str) -> None:
        """Run a plan in a shell of the user."""
        subprocess.run(
            ["/bin/sh", "-ec", plan],
            cwd=self.root,
            env=self.environ,
            capture_output=True,
            check=True,
        )

    def set_origin(self, url: str) -> None:
        """Let the clone have another origin."""
        self.git("remote", "set-url", "origin", url)

    def forget_identity(self) -> None:
        """Let git not know who the user is."""
        (self.home / ".gitconfig").write_text("[user]\nuseConfigOnly = true\n")

    def reject_pushes(self, reason: str, hook_name: str = "pre-receive") -> None:
        """Let origin reject every push, and say why."""
        hook = self.origin / "hooks" / hook_name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\necho '{reason}' >&2\nexit 1\n")
        hook.chmod(0o755)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Make a clone with one commit on main."""
    clone = Clone(tmp_path_factory.mktemp("template"))
    clone.create()
    return clone


@pytest.fixture
def clone(template: Clone, tmp_path: Path) -> Clone:
    """Give a clone with one commit on main."""
    return template.copy(tmp_path)


@pytest.fixture
def runner(clone: Clone) -> ProcessRunner:
    """Run the programs of an invocation."""
    return clone.runner()


@pytest.fixture
def planner(clone: Clone) -> ProcessRunner:
    """Run the programs of a dry run."""
    return clone.runner(dry_run=True)


@pytest.fixture
def repository(clone: Clone, runner: ProcessRunner) -> Repository:
    """Give the client that is tested."""
    return clone.repository(runner)

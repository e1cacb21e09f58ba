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
        self.git("init", "--quiet", "--bare", "--template=", str(self.origin), at=self.root)
        self.git("clone", "--quiet", str(self.origin), str(self.folder), at=self.root)
        self.commit("feat: first", {"file": "one\n"})
        self.git("push", "--quiet", "origin", "main")
        self.git("remote", "set-head", "origin", "main")

    def copy(self, root: Path) -> Clone:
        """Copy all that to `root`, which is faster than making it again."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        copy = Clone(root)
        config = copy.folder / ".git" / "config"
        config.write_text(config.read_text().replace(str(self.origin), str(copy.origin)))
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
        output = subprocess.run(
            ["git", *argv],
            cwd=at or self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert output.returncode == 0, output.stderr
        return output.stdout.strip()

    def commit(self, message: str, files: Mapping[str, str], at: Path | None = None) -> str:
        """Write files, commit them, and return the hash of the commit."""
        folder = at or self.folder
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        self.git("add", "--all", at=folder)
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}", at=folder)
        return self.git("rev-parse", "HEAD", at=folder)

    def runner(self, *, dry_run: bool = False) -> ProcessRunner:
        """Return what runs the programs of an invocation."""
        return ProcessRunner(self.environ, 20, Executor(dry_run=dry_run))

    def repository(self, *, dry_run: bool = False, secret: str = "") -> Repository:
        """Return the client that is tested; `secret` is never printed."""
        runner = self.runner(dry_run=dry_run)
        if secret:
            runner.secrets.append(Secret(secret))
        return Repository(runner, self.folder, self.scratch, Secret(""))

    def colleague(self) -> Path:
        """Return another clone, in which somebody else works."""
        folder = self.root / "colleague"
        if not folder.exists():
            self.git("clone", "--quiet", str(self.origin), str(folder), at=self.root)
        return folder

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

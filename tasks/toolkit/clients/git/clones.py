"""Clones as a whole: the one around a folder is found, another one is made."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import BadInput
from ..process import ProcessRunner
from ..program import Program
from .cli import CLONE_ADVICE, local_git


class RepositoryMissing(BadInput):
    """The folder is not inside a git repository."""


def find_root(runner: ProcessRunner, folder: Path) -> Path:
    """Return the top folder of the clone around `folder`. Raises RepositoryMissing."""
    if folder.is_dir():
        git = local_git(runner, folder)
        root = git.text("rev-parse", "--show-toplevel", check=False)
        if root:
            return Path(root)
    advice = "run inside your clone, or set REPO_DIR to it"
    raise RepositoryMissing(f"{folder} is not a git repository", advice)


def clone_repository(runner: ProcessRunner, url: str, folder: Path) -> None:
    """Clone the newest commit without credentials. Raises BadInput, ServiceError."""
    anonymous = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true"}
    git = Program(runner, ["git"], anonymous, CLONE_ADVICE)
    git.prepare("clone", "--quiet", "--depth=1", url, str(folder))

"""Clones as a whole: the one around a folder is found, another one is made."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import BadInput
from ..process import ProcessRunner
from ..program import Program
from .cli import CLONE_ADVICE, local_git
from .origin import Origin, repository_in_url


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


def is_same_repository(runner: ProcessRunner, one: Path, other: Path) -> bool:
    """Return whether two folders are worktrees of one clone, or clones of the same origin."""
    return bool(_identities(runner, one) & _identities(runner, other))


def _identities(runner: ProcessRunner, root: Path) -> set[str]:
    """Return what names a repository: the folder that its worktrees share, and its origin."""
    git = local_git(runner, root)
    shared = git.text("rev-parse", "--git-common-dir", check=False)
    url = Origin(git).url()
    name = repository_in_url(url) or url.removesuffix("/").removesuffix(".git")
    return {str((root / shared).resolve()), name.lower()} - {""}


def clone_repository(runner: ProcessRunner, url: str, folder: Path) -> None:
    """Clone the newest commit without credentials. Raises BadInput, ServiceError."""
    anonymous = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true"}
    git = Program(runner, ["git"], anonymous, CLONE_ADVICE)
    git.prepare("clone", "--quiet", "--depth=1", url, str(folder))

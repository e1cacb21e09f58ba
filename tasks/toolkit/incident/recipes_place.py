"""Find the repository that the recipes serve: another clone, or the one that holds them."""

from __future__ import annotations

from pathlib import Path

from ..clients.git.charts import list_charts
from ..clients.git.cli import local_git
from ..clients.git.clones import RepositoryMissing, find_root
from ..clients.process import ProcessRunner
from ..core.installation import CHECKOUT


def is_checkout(root: Path) -> bool:
    """Return whether the repository at `root` is that of the recipes, or has them at its top."""
    return root.resolve() == CHECKOUT


def find_host(runner: ProcessRunner, folder: Path) -> Path:
    """Return the top folder of the clone around `folder`. Raises RepositoryMissing.

    A clone of the recipes that lies in a repository with charts, such as a submodule, serves that.
    """
    root = find_root(runner, folder)
    if not is_checkout(root) or _has_charts(runner, root):
        return root
    try:
        around = find_root(runner, root.parent)
    except RepositoryMissing:
        return root
    return around if _has_charts(runner, around) else root


def _has_charts(runner: ProcessRunner, root: Path) -> bool:
    return bool(list_charts(local_git(runner, root)))

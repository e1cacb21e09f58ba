"""Compare two folders that need not be in a repository."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import ProgramFailed
from ..process import ProcessRunner
from .cli import local_git

OPTIONS = ("--no-index", "--no-prefix", "--no-color", "--no-ext-diff", "--no-textconv")
DIFFERENT = 1  # the exit status


def diff_folders(runner: ProcessRunner, parent: Path, old: str, new: str) -> str:
    """Return the unified diff of two folders in `parent`; nothing if they are the same."""
    git = local_git(runner, parent)
    output = git.read("diff", *OPTIONS, "--", old, new, check=False)
    if output.status > DIFFERENT:
        raise ProgramFailed(["git", "diff"], output.status, output.stderr)
    return output.stdout

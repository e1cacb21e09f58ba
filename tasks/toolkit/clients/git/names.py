"""What a name stands for: a hash, a tag or a branch of the clone."""

from __future__ import annotations

import re
from pathlib import Path

from ...core.errors import BadInput
from ..program import Program

FULL_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
SHORT_HASH = re.compile(r"[0-9a-fA-F]{7,39}")


def is_full_hash(name: str) -> bool:
    """Return whether a name is the full hash of an object, whose content never changes."""
    return FULL_HASH.fullmatch(name) is not None


def resolve_commit(git: Program, folder: Path, name: str) -> str:
    """Return the full hash of the commit that a name stands for. Raises BadInput.

    HEAD is that of the working copy or worktree `folder`.
    """
    commit = git.text(
        "-C",
        str(folder),
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        f"{name}^{{commit}}",
        check=False,
    )
    if not commit:
        advice = "give the hash of a commit, a tag or a branch; `git fetch` if it is new"
        raise BadInput(f"{name!r} names no commit in {folder}", advice)
    if _could_be_another(git, name, commit):
        what = f"{name!r} could be a hash, but names {commit[:12]}"
        advice = "give the full hash of the commit, or refs/tags/NAME or refs/heads/NAME"
        raise BadInput(what, advice)
    return commit


def _could_be_another(git: Program, name: str, commit: str) -> bool:
    """Return whether the name of a commit could be the short hash of another.

    A number, such as a tag that is a date, could be one only if the clone has such an object.
    """
    if not SHORT_HASH.fullmatch(name) or commit.startswith(name.lower()):
        return False
    if not name.isdecimal():
        return True
    return bool(git.text("rev-parse", f"--disambiguate={name}"))

"""What git knows of a file or folder: whether it is part of a repository, or would become it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import ProgramMissing, ServiceError
from ..process import ProcessRunner
from .cli import local_git


@dataclass(frozen=True)
class Tracking:
    """Files of a path, relative to its parent: in a repository, or not even ignored there."""

    tracked: list[str]
    unignored: list[str]


def tracking_of(runner: ProcessRunner, path: Path, *, untracked: bool = False) -> Tracking:
    """Return which files at `path` git tracks; with `untracked`, also which `git add` would add.

    Without git or a repository there are none. Raises ServiceError if git cannot tell.
    """
    options = ["--cached"]
    if untracked:
        options += ["--others", "--exclude-standard"]
    # Where the file system ignores case, another spelling is the same file.
    pathspec = f":(literal,icase){path.name}"
    tracked: list[str] = []
    unignored: list[str] = []
    for entry in _list_files(runner, path.parent, *options, "--", pathspec):
        tag, _, name = entry.partition(" ")
        files = unignored if tag == "?" else tracked
        files.append(name)
    return Tracking(tracked, unignored)


def tracked_within(runner: ProcessRunner, folder: Path) -> list[str]:
    """Return the files that the repository in a folder tracks; without one, there are none.

    Raises ServiceError if git cannot tell.
    """
    if not os.path.lexists(folder / ".git"):
        return []
    return [entry.partition(" ")[2] for entry in _list_files(runner, folder, "--cached")]


def _list_files(runner: ProcessRunner, folder: Path, *options: str) -> list[str]:
    """Return each file with a letter of what it is to git. Raises ServiceError."""
    git = local_git(runner, folder)
    try:
        listed = git.read("ls-files", "-z", "-t", *options, check=False)
    except ProgramMissing:
        return []
    if listed.status and "not a git repository" not in listed.stderr:
        reason = listed.stderr.strip().partition("\n")[0]
        what = f"git cannot tell what of {folder} is part of a repository: {reason}"
        raise ServiceError(what, "fix that, then run the same command again")
    return listed.stdout.split("\0")[:-1]

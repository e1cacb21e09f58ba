"""What git knows of a file or folder: whether it is part of a repository, or would become it."""

from __future__ import annotations

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
    git = local_git(runner, path.parent)
    try:
        listed = git.read("ls-files", "-z", "-t", *options, "--", pathspec, check=False)
    except ProgramMissing:
        return Tracking([], [])
    if listed.status and "not a git repository" not in listed.stderr:
        reason = listed.stderr.strip().partition("\n")[0]
        what = f"git cannot tell whether {path} is part of a repository: {reason}"
        raise ServiceError(what, "fix that, then run the same command again")
    tracked: list[str] = []
    unignored: list[str] = []
    for entry in listed.stdout.split("\0")[:-1]:
        tag, _, name = entry.partition(" ")
        files = unignored if tag == "?" else tracked
        files.append(name)
    return Tracking(tracked, unignored)

"""A private folder for one invocation: gone when it ends, and swept by the next one if it was killed.

<temporary folder>/rollback-<user id>/<name>/       its `lock` is held for as long as the invocation and its programs run
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Scratch:
    """The folder `path`; `descriptor` is its lock's, which programs inherit, so that none is swept from under them."""

    def __init__(self, drop: Callable[[Path], object]) -> None:
        """Make the folder, and sweep those whose invocation was killed; `drop` takes a worktree there away from its clone."""
        self._base, self._drop = Path(tempfile.gettempdir()) / f"rollback-{os.getuid()}", drop
        with _alone(self._base) as mine:
            self.path = Path(
                tempfile.mkdtemp(
                    dir=self._base if mine else None, prefix="" if mine else "rollback-"
                )
            )
            self.descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self.descriptor, fcntl.LOCK_EX)
        self.sweep()

    def sweep(self) -> None:
        """Sweep the folders whose invocation, and its programs, have ended."""
        with _alone(self._base) as mine:
            for folder in self._base.iterdir() if mine else ():
                _sweep(folder, self._drop)

    def clean(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.path, ignore_errors=True)


@contextmanager
def _alone(base: Path) -> Iterator[bool]:
    """Keep other invocations from making or sweeping folders; tell whether `base` is this user's alone."""
    base.mkdir(mode=0o700, exist_ok=True)
    found = base.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        yield False  # somebody else got there first
        return
    descriptor = os.open(base, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield True
    finally:
        os.close(descriptor)


def _sweep(folder: Path, drop: Callable[[Path], object]) -> None:
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR)
    except OSError:
        return  # a folder of the person's making
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for tree in folder.glob("tree-*"):
            drop(tree)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass  # it still runs
    finally:
        os.close(descriptor)

"""A private folder for one invocation; the next invocation deletes what a killed one left.

<temporary folder>/rollback-<user id>/<name>/lock   is locked while the invocation or one of its
                                                    programs runs
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


class ScratchFolder:
    """The folder `path`. Programs inherit the lock's `descriptor`, and so keep the folder."""

    def __init__(self, drop: Callable[[Path], object]) -> None:
        """Make the folder, and delete abandoned ones; `drop` removes a worktree. Raises OSError."""
        temporary = Path(tempfile.gettempdir())
        self._base = temporary / f"rollback-{os.getuid()}"
        self._drop = drop
        with _locked(self._base) as is_private:
            parent = self._base if is_private else temporary
            folder = tempfile.mkdtemp(prefix="rollback-", dir=parent)
            self.path = Path(folder)
            lock = self.path / "lock"
            self.descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self.descriptor, fcntl.LOCK_EX)
        self.sweep()

    def sweep(self) -> None:
        """Delete the folders whose invocation and its programs have ended."""
        with _locked(self._base) as is_private:
            if not is_private:
                return
            for folder in self._base.iterdir():
                _delete_if_abandoned(folder, self._drop)

    def clean(self) -> None:
        """Delete this folder."""
        shutil.rmtree(self.path, ignore_errors=True)


@contextmanager
def _locked(base: Path) -> Iterator[bool]:
    """Keep other invocations out of `base`; yield whether it is a folder of this user alone."""
    base.mkdir(mode=0o700, exist_ok=True)
    status = base.lstat()
    is_own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    is_open_to_others = status.st_mode & 0o077
    if not is_own or is_open_to_others:
        yield False  # another user made it first
        return
    descriptor = os.open(base, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield True
    finally:
        os.close(descriptor)


def _delete_if_abandoned(folder: Path, drop: Callable[[Path], object]) -> None:
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR)
    except OSError:
        return  # no invocation made it
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for tree in folder.glob("tree-*"):
            drop(tree)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass  # it is in use
    finally:
        os.close(descriptor)

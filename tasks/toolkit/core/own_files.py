"""Files that are believed only if they are this user's own: no link, no pipe, nobody else's."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from .errors import Refused

LIMIT = 10 * 2**20  # bytes of a file that is read as a whole
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A FIFO would keep a reader waiting for ever.
NEVER_WAIT = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def ensure_own(path: Path, status: os.stat_result) -> None:
    """Refuse a file or folder of another user, or one that every user may write."""
    if status.st_uid != os.geteuid():
        what = f"{path} belongs to another user (id {status.st_uid})"
        raise Refused(what, "move it away, or run as the user that owns it")
    if status.st_mode & stat.S_IWOTH:
        what = f"every user of this machine may write {path}"
        raise Refused(what, f"look what is in it, then run `chmod o-w` on {path}")


def open_own(base: Path, file: Path, flags: int = os.O_RDONLY) -> int:
    """Open a regular file of this user below the folder `base`, and return its descriptor.

    Links are followed up to `base`, but not below. Raises Refused, OSError.
    """
    *folders, name = file.relative_to(base).parts
    path = base
    descriptor = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            path = path / folder
            inner = _open_at(descriptor, path, FOLDER)
            os.close(descriptor)
            descriptor = inner
            ensure_own(path, os.fstat(descriptor))
        return _open_file(descriptor, path / name, flags)
    finally:
        os.close(descriptor)


def _open_file(folder: int, path: Path, flags: int) -> int:
    descriptor = _open_at(folder, path, flags | NEVER_WAIT)
    try:
        status = os.fstat(descriptor)
        _ensure_regular(path, status.st_mode)
        ensure_own(path, status)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _open_at(folder: int, path: Path, flags: int) -> int:
    try:
        return os.open(path.name, flags, 0o600, dir_fd=folder)
    except OSError:
        with suppress(OSError):
            mode = os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode
            if not stat.S_ISDIR(mode):
                _ensure_regular(path, mode)
        raise


def _ensure_regular(path: Path, mode: int) -> None:
    """Refuse a link, a pipe, a socket, a device or a folder."""
    if stat.S_ISLNK(mode):
        what = f"{path} is a symbolic link"
        raise Refused(what, "look what it names, then delete the link")
    if not stat.S_ISREG(mode):
        raise Refused(f"{path} is not a regular file", "look what it is, then delete it")


def read_own(base: Path, file: Path, limit: int = LIMIT) -> bytes:
    """Return the content of a file that `open_own` opens. Raises Refused, OSError.

    Refuse a file over `limit` bytes.
    """
    with open(open_own(base, file), "rb") as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        what = f"{file} is over {limit // 2**20} MiB"
        raise Refused(what, "nothing here writes that much: look what it is, then move it away")
    return content

"""Text files, replaced as a whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .errors import ServiceError


def sync_to_disk(path: Path) -> None:
    """Flush a file or a folder to disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_text(file: Path) -> str:
    """Return the text of a regular file, or "" if there is none. Raises OSError, UnicodeError."""
    if not file.is_file():
        return ""
    return file.read_bytes().decode()


def replace_text(file: Path, text: str) -> None:
    """Write a file; until that is done the old one stays. Raises OSError."""
    if file.exists() and not file.is_file():  # such as /dev/stdout
        file.write_text(text, encoding="utf-8")
        return
    target = file.resolve()
    new = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        new.write_text(text, encoding="utf-8")
        if target.exists():
            shutil.copymode(target, new)
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


def write_error(file: Path, error: OSError) -> ServiceError:
    """Return the error for a record that could not be written."""
    if isinstance(error, FileExistsError | NotADirectoryError):
        for path in (file, *file.parents):
            if os.path.lexists(path) and not path.is_dir():
                what = f"{file} could not be written, since {path} is not a folder"
                return ServiceError(what, "move it away")
    advice = "free some space or fix its permissions, then re-run the same command to resume"
    return ServiceError(f"{file} could not be written ({error.strerror})", advice)

"""Files of text that are put in the place of older ones, whole or not at all: what stood there may be all there is of it."""

from __future__ import annotations

import os
from pathlib import Path


def sync_to_disk(path: Path) -> None:
    """See to it that a file or a folder is on disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_text(file: Path) -> str:
    """Return what a file holds; nothing where there is none, or something else. Raises OSError."""
    return file.read_bytes().decode() if file.is_file() else ""


def replace_text(file: Path, text: str) -> None:
    """Write a file, and keep the one before until that is done. Raises OSError."""
    there = file.resolve()
    if file.exists() and not file.is_file():  # such as /dev/stdout
        file.write_text(text, encoding="utf-8")
        return
    new = there.with_name(f".{there.name}.{os.getpid()}")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(there)
    finally:
        new.unlink(missing_ok=True)

"""Changes of files on this machine, which a dry run only shows; in scratch it makes them too."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

from ..core.files import replace_text, sync_to_disk
from ..core.shell import join, quote
from .dry_run import Action, Executor

NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


def make_private_folder(executor: Executor, folder: Path, ignore_file: Path) -> bool | None:
    """Make a folder of this user alone, and an `ignore_file` that hides everything from git.

    An ignore file that exists stays. Return True, or None if only planned. Raises OSError.
    """

    def make() -> bool:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not ignore_file.exists():
            ignore_file.touch(mode=0o600)
            ignore_file.write_text("*\n")
        return True

    ignore = quote(str(ignore_file))
    make_folder = f"mkdir -p {quote(str(folder))}"
    make_ignore_file = f"{{ [ -e {ignore} ] || echo '*' > {ignore}; }}"
    line = f"{make_folder} && {make_ignore_file}"
    return executor.perform(Action([line], make))


def write_text(executor: Executor, file: Path, text: str, shown_as: str = "") -> bool | None:
    """Write a text file as a whole. Return True, or None if only planned. Raises OSError.

    A plan shows the command `shown_as`, or else a comment.
    """

    def write() -> bool:
        replace_text(file, text)
        return True

    line = shown_as or f"# {file} is written"
    return executor.perform(Action([line], write))


def create_private_file(executor: Executor, file: Path, text: str) -> bool | None:
    """Make a file that only this user may read, and never replace one. `text` ends with its line.

    Return True, or None if only planned. Raises OSError.
    """

    def create() -> bool:
        _create(file, text, 0o600)
        return True

    target = quote(str(file))
    line = f"(set -C; umask 077; printf %s {quote(text)} > {target})"
    return executor.perform(Action([line], create))


def create_file(executor: Executor, file: Path, text: str) -> bool | None:
    """Make a file and its folder, and never replace one. `text` ends with its line.

    Return True, or None if only planned. Raises OSError.
    """

    def create() -> bool:
        file.parent.mkdir(parents=True, exist_ok=True)
        _create(file, text, 0o666)
        return True

    make_folder = join(["mkdir", "-p", str(file.parent)])
    fill = f"(set -C; printf %s {quote(text)} > {quote(str(file))})"
    return executor.perform(Action([make_folder, fill], create))


def _create(file: Path, text: str, mode: int) -> None:
    descriptor = os.open(file, NEW_FILE, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError:
        file.unlink()  # a part of the text would count as all of it
        raise
    sync_to_disk(file)


def copy_files(executor: Executor, source: Path, target: Path, names: Sequence[str]) -> bool | None:
    """Copy files and folders of those names, where they exist, into a new folder. Links stay links.

    What Python compiled is left out. Return True, or None if only planned. Raises OSError.
    """
    paths = [source / name for name in names]
    entries = [path for path in paths if path.exists()]

    def copy() -> bool:
        target.mkdir(parents=True)
        for entry in entries:
            if entry.is_dir():
                folder = target / entry.name
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(entry, folder, symlinks=True, ignore=ignored)
            else:
                shutil.copy2(entry, target)
        return True

    make = join(["mkdir", "-p", str(target)])
    fill = join(["cp", "-pPR", *map(str, entries), str(target)])
    return executor.perform(Action([make, fill], copy))


def copy_to_scratch(
    executor: Executor,
    source: Path,
    target: Path,
    left_out: Collection[str],
    *,
    quiet: bool = False,
) -> None:
    """Copy what is in a folder to one in scratch, without the names `left_out`. Links stay links.

    A dry run does it too, and shows it unless `quiet`. Raises OSError.
    """
    entries = [entry for entry in sorted(source.iterdir()) if entry.name not in left_out]
    if not quiet:
        make_folder = join(["mkdir", "-p", str(target)])
        copy_entries = join(["cp", "-pPR", *map(str, entries), str(target)])
        executor.add(make_folder, copy_entries)
    target.mkdir(parents=True, exist_ok=True)
    for entry in entries:
        copy = target / entry.name
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, copy, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(entry, copy, follow_symlinks=False)

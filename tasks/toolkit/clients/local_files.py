"""Changes of files on this machine, which a dry run only shows; in scratch it makes them too."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

from ..core.files import replace_text
from ..core.shell import join, quote
from .dry_run import Action, Executor


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


def write_text(executor: Executor, file: Path, text: str) -> bool | None:
    """Write a text file as a whole. Return True, or None if only planned. Raises OSError."""

    def write() -> bool:
        replace_text(file, text)
        return True

    line = f"# {file} is written"
    return executor.perform(Action([line], write))


def copy_to_scratch(
    executor: Executor,
    source: Path,
    target: Path,
    left_out: Collection[str],
) -> None:
    """Copy what is in a folder to one in scratch, without the names `left_out`. Links stay links.

    A dry run does it too, and shows it. Raises OSError.
    """
    entries = [entry for entry in sorted(source.iterdir()) if entry.name not in left_out]
    executor.add(
        join(["mkdir", "-p", str(target)]),
        join(["cp", "-pPR", *map(str, entries), str(target)]),
    )
    target.mkdir(parents=True, exist_ok=True)
    for entry in entries:
        copy = target / entry.name
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, copy, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(entry, copy, follow_symlinks=False)

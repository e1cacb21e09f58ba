"""Write the settings that were found into a new `.env`; an existing one is not changed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ..clients.git.clones import RepositoryMissing, find_root
from ..clients.git.ignoring import ignore_file
from ..clients.git.tracking import tracking_of
from ..clients.local_files import create_private_file
from ..clients.process import ProcessRunner
from ..console.output import print_line, status
from ..core.env_entry import Entry
from ..core.env_file import read_env_file
from ..core.errors import BadInput, Refused
from ..core.installation import CHECKOUT, EXAMPLE
from ..core.settings import variable_names
from ..core.shell import join, quote

REPO_DIR = "REPO_DIR"
HEAD = (
    "# Settings of the rollback recipes, as `init` found them.",
    f"# {EXAMPLE} explains each, and lists the others.",
    "# The token is that of `gh auth login`, or GITHUB_TOKEN in the environment.",
)


def repo_dir_entry(root: Path, file: Path) -> Entry:
    """Return REPO_DIR for the clone at `root`, for the `file` of settings.

    In a copy of the recipes inside the clone it is relative, so that every clone can have it.
    """
    root = root.resolve()
    folder = file.absolute().parent.resolve()
    if folder == CHECKOUT and CHECKOUT.is_relative_to(root):
        path = os.path.relpath(root, folder)
        return Entry(REPO_DIR, path, "the repository that these recipes are in")
    if folder == root:
        return Entry(REPO_DIR, ".", "the clone that this file is in")
    return Entry(REPO_DIR, str(root), "the clone that these settings are for")


def write_env_file(runner: ProcessRunner, file: Path, entries: Sequence[Entry]) -> bool:
    """Write the settings, and let git ignore the file; an existing one is not changed.

    Return whether the file exists now: in a dry run a new one does not.
    Raises Refused, BadInput, OSError.
    """
    if os.path.lexists(file):
        _compare(runner, file, entries)
        return True
    file = file.absolute()
    if not file.parent.is_dir():
        what = f"{file.parent} does not exist, where {file.name} would be written"
        raise BadInput(what, "make that folder, or set ENV_FILE to a file elsewhere")
    if tracking_of(runner, file).tracked:
        what = f"git tracks {file}, which does not exist"
        untrack = join(["git", "rm", "--cached", str(file)])
        raise Refused(what, f"it may get a token: `{untrack}`, and commit that")
    text = env_text(entries)
    written = create_private_file(runner.executor, file, text)
    ignoring = ignore_file(runner, file)
    if written:
        status(f"written: {file}, which only you can read", "done")
    if ignoring:
        status(f"git ignores it, by a line in {ignoring}", "done")
    return bool(written)


def env_text(entries: Sequence[Entry]) -> str:
    """Return the text of a new `.env`."""
    lines = [*HEAD]
    for entry in entries:
        lines.append("")
        lines += entry.lines()
    lines.append("")
    return "\n".join(lines)


def _compare(runner: ProcessRunner, file: Path, entries: Sequence[Entry]) -> None:
    """Say what an existing `.env` lacks, and where it differs.

    Raises Refused if it is for another repository, BadInput.
    """
    values, _ = read_env_file(file, variable_names())
    written = [entry for entry in entries if entry.is_written]
    repo_dir, *others = written
    other = _other_clone(runner, file, values, repo_dir.value)
    if other:
        _print_lines(written)
        what = f"{file} is for another repository, {other}, and is not changed"
        clone = Path(file.absolute().parent, repo_dir.value).resolve()
        raise Refused(what, own_file_advice(clone))
    lacking = []
    for entry in others:
        value = values.get(entry.name, "")
        if not value:
            lacking.append(entry)
        elif value != entry.value:
            line = f"{file} has {entry.name}={value}, and init found {entry.value}"
            status(line, "warning")
    if not lacking:
        status(f"{file} exists: nothing to write", "done")
        return
    status(f"{file} exists and is not changed; it lacks the lines below", "warning")
    _print_lines(lacking)


def _other_clone(
    runner: ProcessRunner,
    file: Path,
    values: Mapping[str, str],
    wanted: str,
) -> Path | None:
    """Return the clone that a `.env` names, if that is not the `wanted` one."""
    configured = values.get(REPO_DIR)
    if not configured:
        return None
    folder = file.absolute().parent
    named = folder / Path(configured).expanduser()
    with suppress(RepositoryMissing):
        named = find_root(runner, named)
    same = (folder / wanted).resolve()
    return None if named.resolve() == same else named


def own_file_advice(clone: Path) -> str:
    """Return how to let a clone have a file of settings of its own."""
    name = quote(f"{clone.name}.env")
    return f"to give this one its own: `export ENV_FILE=$HOME/{name}`, then `invoke init`"


def _print_lines(entries: Sequence[Entry]) -> None:
    for entry in entries:
        print_line(entry.line)

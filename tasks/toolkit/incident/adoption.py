"""Adopt a repository: which clone it is, what was found, and a copy of the recipes in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..clients.git.clones import RepositoryMissing, find_root
from ..clients.local_files import copy_files
from ..clients.process import ProcessRunner
from ..console.output import status
from ..core.env_entry import Entry
from ..core.errors import BadInput, Refused
from ..core.installation import CHECKOUT, IS_INSTALLED
from ..core.shell import join, quote
from .env_writing import REPO_DIR
from .project import Project
from .recipes_place import find_host

# What a copy of the recipes has; it leaves out the tests.
COPIED = (
    "action.yml",
    "inv",
    "tasks.py",
    "tasks",
    "requirements.txt",
    "requirements-tools.txt",
    ".env.example",
    ".gitignore",
    "README.md",
    "docs",
    "LICENSE",
)


def unconfigured(project: Project) -> Project:
    """Return the project of the clone to adopt, without settings of its charts.

    That is the clone around the current folder. It is the one that REPO_DIR names if that is set
    in the environment, or if the current folder is in no clone or belongs to the recipes.
    Raises RepositoryMissing.
    """
    start = Path(os.environ.get(REPO_DIR) or Path.cwd())
    clone = _find_clone(project.runner, start, project.settings.repo_dir)
    settings = replace(
        project.settings,
        repo_dir=clone,
        chart_dir="",
        registry="",
        chart_ref="",
    )
    return Project(settings, project.runner, project.scratch)


def _find_clone(runner: ProcessRunner, start: Path, configured: Path) -> Path:
    if not start.resolve().is_relative_to(CHECKOUT):
        with suppress(RepositoryMissing):
            return find_host(runner, start)
    return find_host(runner, configured)


def report_entries(entries: Sequence[Entry]) -> None:
    """Print each setting with its source, and which ones the environment overrides."""
    for entry in entries:
        if entry.is_written:
            status(f"{entry.name}={entry.value} ({entry.source})", "done")
            _warn_of_environment(entry)
        elif entry.value:
            status(f"{entry.name} needs no line: {entry.value} ({entry.source})")
        else:
            status(f"{entry.name} could not be determined: {entry.source}", "warning")
        if entry.warning:
            status(entry.warning, "warning")
    status("no token is written: the login of gh is used, or GITHUB_TOKEN in the environment")


def _warn_of_environment(entry: Entry) -> None:
    given = os.environ.get(entry.name)
    if not given or given == entry.value or entry.name == REPO_DIR:
        return
    line = f"{entry.name}={given} in the environment wins over the file of settings"
    status(line, "warning")


def copy_recipes(runner: ProcessRunner, given: str) -> None:
    """Copy the recipes into a new folder of the clone around the current folder.

    Raises Refused, BadInput, OSError.
    """
    if IS_INSTALLED:
        what = "the installed helm-rollback is a package, and no folder to copy"
        advice = "type it in a clone of the recipes: `RECIPES/inv init --copy FOLDER`"
        raise BadInput(what, advice)
    root = find_root(runner, Path.cwd()).resolve()
    target = Path(given).resolve()
    program = join([os.path.relpath(target / "inv"), "init"])
    if root not in target.parents:
        what = f"{target} is not a folder inside the clone {root}"
        raise BadInput(what, "name one there, for example --copy rollback")
    if os.path.lexists(target):
        raise Refused(f"{target} exists already", f"`{program}`, or name another folder")
    copied = copy_files(runner.executor, CHECKOUT, target, COPIED)
    if copied:
        path = target.relative_to(root)
        line = quote(f"/{path}/")
        status(f"copied into {target}: commit it, or let git ignore it", "done")
        status(f"to let git ignore it: echo {line} >> .git/info/exclude", "next")
    status(program, "next")

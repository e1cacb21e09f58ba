"""Add the gate to the user's clone: the workflow that rehearses releases in pull requests."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..clients.local_files import create_file
from ..console.output import status
from ..core.errors import BadInput, Refused
from ..core.settings import VARIABLES, Settings
from ..core.shell import join
from ..incident.adoption import unconfigured
from ..incident.project import Project
from ..workflows.gate import CHECK, GATE, gate_text
from ..workflows.gate_charts import gated_charts
from ..workflows.gate_recipes import find_recipes
from .discovery import find_entries

# The settings that a rehearsal depends on; none is a secret, or of a person.
SETTINGS = (
    "DEFAULT_BRANCH",
    "WORKFLOW",
    "CHART_DIR",
    "REGISTRY",
    "CHART_REF",
    "TAG_PATTERN",
    "APP_VERSION_RULE",
    "PLAIN_HTTP",
    "WAIT_TIMEOUT",
)
COMMIT = "ci: rehearse the release in pull requests"


def add_gate(configured: Project) -> None:
    """Write the workflow into the clone around the current folder; another file stays.

    What is `configured` for that clone counts, and else what is found in it.
    Raises Refused, BadInput, OSError.
    """
    found = unconfigured(configured)
    variables = _given(configured, found.root) or {}
    for entry in find_entries(found):
        if entry.name in SETTINGS and entry.value:
            variables.setdefault(entry.name, entry.value)
    project = _with_settings(found, variables)
    commit = project.git.resolve("HEAD")
    charts = gated_charts(project, commit)
    recipes = find_recipes(project)
    ordered = {name: variables[name] for name in SETTINGS if name in variables}
    text = gate_text(charts, ordered, recipes, project.settings.wait_timeout)
    _write(project, text)
    _advise([*filter(None, [recipes.untracked]), GATE])


def _given(configured: Project, root: Path) -> dict[str, str]:
    """Return the settings that are given for the clone at `root`."""
    with suppress(BadInput):
        if configured.root.resolve() == root.resolve():
            return _not_default(configured.settings)
    return {}


def _not_default(settings: Settings) -> dict[str, str]:
    values = {}
    for name in SETTINGS:
        value = getattr(settings, name.lower())
        variable = VARIABLES[name]
        if value and value != variable.convert(variable.default):
            values[name] = _as_text(value)
    return values


def _as_text(value: object) -> str:
    """Return the text that a variable has for a value."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _with_settings(project: Project, variables: Mapping[str, str]) -> Project:
    """Return a project with these settings. Raises SettingError."""
    values = {}
    for name, text in variables.items():
        values[name.lower()] = VARIABLES[name].read(name, {name: text}, project.root)
    return Project(replace(project.settings, **values), project.runner, project.scratch)


def _write(project: Project, text: str) -> None:
    """Make the file. Raises Refused if another one is there."""
    file = project.root / GATE
    if os.path.lexists(file):
        if not _has_text(file, text):
            what = f"{file} exists, is not what would be written, and is not changed"
            raise Refused(
                what, f"`{join(['git', 'mv', GATE, f'{GATE}.old'])}`, then the same again"
            )
        status(f"{file} is there already: nothing to write", "done")
    elif create_file(project.runner.executor, file, text):
        status(f"written: {file}", "done")


def _advise(paths: Sequence[str]) -> None:
    """Say how to commit the files, and how to require the check."""
    status(join(["git", "add", "--", *paths]), "next")
    status(join(["git", "commit", "-m", COMMIT, "--", *paths]), "next")
    status("push that as a pull request of its own: the gate rehearses it", "next")
    status(f"to require the check: Settings, Branches, `{CHECK}`", "next")


def _has_text(file: Path, text: str) -> bool:
    with suppress(OSError, UnicodeError):
        return file.read_text(encoding="utf-8") == text
    return False

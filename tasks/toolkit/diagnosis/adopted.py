"""The settings of the clone around the current folder, for the workflows that are written there."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..core.errors import BadInput
from ..core.settings import VARIABLES, Settings
from ..incident.adoption import unconfigured
from ..incident.project import Project
from .discovery import find_entries

# Those that a workflow takes along; none is a secret, or of a person.
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
    "POLL_INTERVAL",
    "INSTALL_TERMS",
    "REHEARSE",
)


def adopted(configured: Project) -> tuple[Project, dict[str, str]]:
    """Return the project of the clone, and its settings by name.

    What is `configured` for that clone counts, and else what is found in it. Raises BadInput.
    """
    found = unconfigured(configured)
    variables = _given(configured, found.root) or {}
    for entry in find_entries(found):
        if entry.name in SETTINGS and entry.value:
            variables.setdefault(entry.name, entry.value)
    project = _with_settings(found, variables)
    return project, {name: variables[name] for name in SETTINGS if name in variables}


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
        if value not in ("", None, variable.convert(variable.default)):
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

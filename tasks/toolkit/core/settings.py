"""The settings, all checked before anything is done.

The environment wins over `.env`, and an empty variable counts as unset, as CI leaves them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from .declarations import Settings
from .env_file import read_env_file
from .errors import BadInput, SettingError
from .installation import SETTINGS_FILE, settings_folder
from .variable import Variable

__all__ = [
    "VARIABLES",
    "Settings",
    "dotenv_file",
    "load_settings",
    "missing_setting",
    "variable_names",
]

VARIABLES: Mapping[str, Variable] = {
    field.name.upper(): field.metadata["variable"] for field in fields(Settings)
}
_BY_ANY_NAME = dict(VARIABLES)
for _variable in VARIABLES.values():
    _BY_ANY_NAME |= dict.fromkeys(_variable.names, _variable)


def variable_names() -> set[str]:
    """Return every name by which a setting can be given, aliases included."""
    return set(_BY_ANY_NAME)


def missing_setting(name: str) -> SettingError:
    """Return the error for a variable that is needed, not set, and cannot be derived."""
    variable = VARIABLES[name]
    advice = variable.if_missing
    if not advice:
        advice = f"set {name} to {variable.meaning}, {variable.describe(name)}"
        folder = settings_folder(os.environ, Path.cwd())
        if not dotenv_file(os.environ, folder).exists():
            advice = f"run `invoke init`, or {advice}"
    return SettingError(name, "is not set", advice)


def dotenv_file(environ: Mapping[str, str], project: Path) -> Path:
    """Return the file of settings: the one that ENV_FILE names, else that in `project`."""
    return Path(environ.get("ENV_FILE") or project / SETTINGS_FILE)


def load_settings(
    environ: Mapping[str, str],
    project: Path,
    cwd: Path,
    *,
    needs_file: bool = True,
) -> tuple[Settings, list[str]]:
    """Return the settings, and warnings for the user. Raises SettingError, BadInput.

    A relative folder starts at the file that names it, or at `cwd` if the environment does. With
    `needs_file`, a file that ENV_FILE names must exist.
    """
    file = dotenv_file(environ, project)
    texts: dict[str, str] = {}
    warnings: list[str] = []
    if file.exists():
        texts, warnings = read_env_file(file, _BY_ANY_NAME)
    elif environ.get("ENV_FILE") and needs_file:
        advice = "name a file that exists, or unset ENV_FILE"
        raise BadInput(f"ENV_FILE names {file}, which does not exist", advice)
    for name, text in texts.items():
        texts[name] = _BY_ANY_NAME[name].read_file_text(name, text, file.parent)
    texts |= {name: text for name, text in environ.items() if text}
    values = {}
    for name, variable in VARIABLES.items():
        values[name.lower()] = variable.read(name, texts, cwd)
    settings = Settings(**values)
    settings.github_token.origin = _origin("GITHUB_TOKEN", texts, environ, file)
    return settings, warnings


def _origin(
    name: str,
    texts: Mapping[str, str],
    environ: Mapping[str, str],
    file: Path,
) -> str:
    """Return where a setting is from, in words; nothing if it is not set."""
    for alias in VARIABLES[name].names:
        if texts.get(alias):
            place = "the environment" if environ.get(alias) else str(file)
            return f"{alias} in {place}"
    return ""

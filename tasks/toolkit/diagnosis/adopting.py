"""Adopt the repository around the current folder: its settings, a copy, the workflows."""

from __future__ import annotations

from pathlib import Path

from ..incident.adoption import copy_recipes, report_entries, unconfigured
from ..incident.env_writing import repo_dir_entry, write_env_file
from ..incident.project import Project
from .discovery import find_entries
from .gate import add_gate
from .laying import lay_actions


def adopt(
    configured: Project,
    env_file: Path,
    copy: str = "",
    *,
    gate: bool = False,
    actions: bool = False,
) -> bool:
    """Write the settings that are found, or only the `copy`, the `gate` or the `actions`.

    Return whether the settings are there, to be checked. Raises Refused, BadInput, OSError.
    """
    if copy:
        copy_recipes(configured.runner, copy)
        return False
    if gate:
        add_gate(configured)
        return False
    if actions:
        lay_actions(configured)
        return False
    project = unconfigured(configured)
    entries = [repo_dir_entry(project.root, env_file), *find_entries(project)]
    report_entries(entries)
    return write_env_file(project.runner, env_file, entries)

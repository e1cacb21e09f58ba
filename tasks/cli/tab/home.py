"""Find the folder of the recipes that a command runs, and the repository that they roll back."""

from __future__ import annotations

import os
import re
from pathlib import Path

REPO_DIR = re.compile(r"(?m)^\s*(?:export\s+)?REPO_DIR\s*=\s*['\"]?([^'\"\n#]+)")


def find_home(command: str) -> Path | None:
    """Return the folder of the recipes: that of the command, or the nearest upwards."""
    path = Path(command).expanduser().resolve()
    folders = [path.parent]
    if "/" not in command:
        folders = [*_folders_on_path(command), *path.parents]
    for folder in folders:
        if _has_recipes(folder):
            return folder
    return None


def _has_recipes(folder: Path) -> bool:
    wrapper = folder / "inv"
    tasks = folder / "tasks.py"
    return wrapper.is_file() and tasks.is_file()


def _folders_on_path(command: str) -> list[Path]:
    """Return the folder of the program that PATH has under this name, its links resolved."""
    path = os.environ.get("PATH", "")
    for folder in path.split(":"):
        program = Path(folder) / command
        if program.is_file():
            return [program.resolve().parent]
    return []


def repository_folder(home: Path | None) -> Path:
    """Return the folder that REPO_DIR names, in the environment or in `.env`; else this one."""
    given = os.environ.get("REPO_DIR")
    if given:
        return Path(given)
    if home is None:
        return Path()
    file = home / ".env"
    named = os.environ.get("ENV_FILE")
    if named:
        file = Path(named)
    if not file.is_file():
        return Path()
    text = file.read_text(errors="replace")
    found = REPO_DIR.search(text)
    if found is None:
        return Path()
    folder = Path(found[1].strip()).expanduser()
    return file.parent / folder

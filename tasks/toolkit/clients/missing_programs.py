"""How to get a program that is not on PATH; the drill may have brought it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ..core.installation import tools_folder

TOOLS = tools_folder()
INSTALL = {
    "gh": "install gh from https://cli.github.com",
    "helm": "install helm from https://helm.sh/docs/intro/install",
    "git": "install git from https://git-scm.com/downloads",
}


def how_to_get(program: str) -> str:
    """Return the advice for a program that is missing."""
    advice = INSTALL.get(program, "install it")
    if folders_of_drill(TOOLS, [program]):
        return f"`invoke doctor` prints the line for the drill's {program}, or {advice}"
    return advice


def folders_of_drill(tools: Path, names: Iterable[str]) -> dict[str, Path]:
    """Return the folder of each program that the drill has put into the folder `tools`.

    Of several versions it is the newest; their folders have the version in their names.
    """
    folders = {}
    for name in names:
        found = [
            *tools.glob(f"*/{name}"),
            *tools.glob(f"*/bin/{name}"),
        ]
        for file in sorted(found):
            if file.is_file() and os.access(file, os.X_OK):
                folders[name] = file.parent
    return folders

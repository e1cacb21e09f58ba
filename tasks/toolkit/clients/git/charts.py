"""The charts that a clone tracks."""

from __future__ import annotations

from pathlib import Path

from ...core.recipes_files import is_of_sandbox
from ..program import Program


def list_charts(git: Program) -> list[str]:
    """Return the folders with a tracked Chart.yaml, without charts inside charts.

    Those of the sandbox of a copy of the recipes are left out.
    """
    listed = git.read(
        "ls-files",
        "-z",
        "--full-name",
        "--",
        ":(top,glob)**/Chart.yaml",
    )
    files = listed.stdout.split("\0")[:-1]
    folders = [Path(file).parent for file in files if not is_of_sandbox(file)]
    outermost = [folder for folder in folders if not set(folder.parents) & set(folders)]
    return sorted(str(folder) for folder in outermost)

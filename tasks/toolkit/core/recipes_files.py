"""Where these recipes are among the files of a repository that has a copy of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

# The sandbox has charts and documents of its own, which are none of the repository's.
SANDBOX = re.compile(r"(?:^|/)tasks/sandbox/repositories/")
MARK = "tasks/sandbox/scenarios.py"


def is_of_sandbox(path: str) -> bool:
    """Return whether a path of a repository belongs to the sandbox of a copy of the recipes."""
    return SANDBOX.search(f"{path}/") is not None


def recipes_folders(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the folders of a repository with a copy of the recipes, each with a `/` at its end.

    Of a copy at the top it is `tasks/`: what else is there is the repository's own.
    """
    folders = []
    for path in paths:
        before, found, after = path.rpartition(MARK)
        if not found or after:
            continue
        if not before:
            folders.append("tasks/")
        elif before.endswith("/"):
            folders.append(before)
    return tuple(folders)

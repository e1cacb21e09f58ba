"""Write workflow files into the user's clone, and say how to commit them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ..clients.local_files import create_file
from ..console.output import status
from ..core.errors import Refused
from ..core.shell import join
from ..incident.project import Project


def write_workflows(project: Project, texts: Mapping[str, str]) -> None:
    """Make the files at these paths. Raises Refused, before any, if another one is there."""
    missing = []
    for path, text in texts.items():
        file = project.root / path
        if not os.path.lexists(file):
            missing.append(path)
        elif _has_text(file, text):
            status(f"{file} is there already: nothing to write", "done")
        else:
            what = f"{file} exists, is not what would be written, and is not changed"
            away = ["git", "mv", path, f"{path}.old"]
            advice = f"`{join(away)}`, then the same again"
            raise Refused(what, advice)
    for path in missing:
        file = project.root / path
        if create_file(project.runner.executor, file, texts[path]):
            status(f"written: {file}", "done")


def advise_commit(paths: Sequence[str], message: str) -> None:
    """Say how to commit the files."""
    add = ["git", "add", "--", *paths]
    commit = ["git", "commit", "-m", message, "--", *paths]
    status(join(add), "next")
    status(join(commit), "next")


def _has_text(file: Path, text: str) -> bool:
    with suppress(OSError, UnicodeError):
        return file.read_text(encoding="utf-8") == text
    return False

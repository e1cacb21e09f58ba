"""Let git ignore a file in this clone alone, without a change to what the repository tracks."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ...core.files import read_text
from ...core.shell import quote
from ..dry_run import Action
from ..process import ProcessRunner
from .cli import local_git

SPECIAL = r"[\\*?\[\] ]"  # https://git-scm.com/docs/gitignore#_pattern_format


def ignore_file(runner: ProcessRunner, file: Path) -> Path | None:
    """Let git ignore a file, which need not exist. Return the ignore file that got a line for it.

    Return None if git ignores it already, if it is in no repository, or if only planned.
    """
    folder = file.parent.resolve()
    git = local_git(runner, folder)
    checked = git.read("check-ignore", "--quiet", "--", file.name, check=False)
    if checked.status != 1:  # 0: it is ignored, 128: no repository
        return None
    top = git.text("rev-parse", "--show-toplevel")
    path = os.path.relpath(folder / file.name, top)
    line = re.sub(SPECIAL, r"\\\g<0>", f"/{path}")
    given = git.text("rev-parse", "--git-path", "info/exclude")
    exclude = Path(folder, given).resolve()

    def append() -> Path:
        _append_line(exclude, line)
        return exclude

    target = quote(str(exclude))
    shown = f"echo {quote(line)} >> {target}"
    return runner.executor.perform(Action([shown], append))


def _append_line(file: Path, line: str) -> None:
    """Append a line to a text file, which may not exist, or not end with its last line."""
    file.parent.mkdir(exist_ok=True)
    old = read_text(file)
    if old and not old.endswith("\n"):
        line = f"\n{line}"
    with file.open("a", encoding="utf-8") as stream:
        stream.write(f"{line}\n")

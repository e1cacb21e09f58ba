"""actionlint, where it is installed: https://github.com/rhysd/actionlint/blob/main/docs/usage.md."""

from __future__ import annotations

import shutil

from ...core.errors import ProgramFailed
from ..process import ProcessRunner, Program


def run_actionlint(commands: ProcessRunner, text: str) -> list[str] | None:
    """Return what actionlint finds in a workflow's text, a line each; None when it is not on PATH. Raises ProgramFailed."""
    if not shutil.which("actionlint", path=commands.environ.get("PATH")):
        return None
    # Its helpers have opinions on style; GitHub has none.
    argv = ["actionlint", "-no-color", "-oneline", "-shellcheck=", "-pyflakes=", "-"]
    done = Program(commands, argv, {}).read(stdin=text, check=False)
    if done.status > 1:
        raise ProgramFailed(argv, done.status, done.stderr)
    return [line.removeprefix("<stdin>:") for line in done.stdout.splitlines()]

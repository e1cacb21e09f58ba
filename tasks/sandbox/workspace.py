"""A maintainer's working copy, and what is typed in it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

Edits = Mapping[str, tuple[str, str]]  # old and new text by path


class Workspace:
    """The working copy `clone`, and `env`, the variables of the maintainer's shell."""

    clone: Path
    env: dict[str, str]

    def run(
        self,
        *argv: str,
        at: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as the maintainer would, in the clone or `at` a folder."""
        return subprocess.run(
            argv,
            cwd=at or self.clone,
            env={**self.env, **(env or {})},
            text=True,
            capture_output=True,
            check=False,
        )

    def git(self, *args: str, at: Path | None = None) -> str:
        """Return what git prints, in the clone or `at` a folder. Raises RuntimeError."""
        ended = self.run("git", *args, at=at)
        if ended.returncode:
            raise RuntimeError(f"git {' '.join(args)}: {ended.stderr}")
        return ended.stdout.strip()

    def commit(self, message: str, edits: Edits | None = None) -> str:
        """Replace text in files, commit everything, return the commit."""
        for path, (old, new) in (edits or {}).items():
            file = self.clone / path
            text = file.read_text()
            if old not in text:
                raise ValueError(f"{path} does not hold {old!r}")
            file.write_text(text.replace(old, new))
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

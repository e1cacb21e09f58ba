"""What a dry run leaves undone: on stdout, as one block of shell that can be pasted, and stops at the first command that fails."""

from __future__ import annotations

import shlex
from pathlib import Path

from ..console import output

BROKEN = "# refused: this plan is not whole, and a shell takes nothing of it"


def token_export(file: Path) -> str:
    """Return the line by which a shell takes the token from a `.env`."""
    lines = f"grep -E '^(GH|GITHUB)_TOKEN=' {shlex.quote(str(file))}"
    return f"export GITHUB_TOKEN=\"$({lines} | tail -n 1 | cut -d = -f 2- | tr -d '\\042\\047')\""


class Plan:
    """The lines so far; before all others goes what is `first`, and the folder `scratch`, if a line uses it, is deleted at the end."""

    def __init__(self) -> None:
        self.first, self.scratch, self.lines = list[str](), "", list[str]()

    def add(self, line: str) -> None:
        """Print a command."""
        if not self.lines:
            output.print_line("\n".join(["(set -e", *self.first]))
        if (
            self.scratch
            and self.scratch in line
            and not any(self.scratch in other for other in self.lines)
        ):
            output.print_line(f"trap {shlex.quote(f'rm -rf {shlex.quote(self.scratch)}')} EXIT")
        self.lines.append(line)
        output.print_line(line)

    def end(self, whole: bool) -> None:
        """End the block; one that is not whole is left open, so that no shell runs it."""
        if self.lines:
            output.print_line(")" if whole else BROKEN)
        self.lines.clear()

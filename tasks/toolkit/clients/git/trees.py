"""Trees that git computes: a commit reverted, a branch merged. They are compared, never pushed."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import ProgramFailed
from ..process import ProgramOutput
from ..program import Program
from .worktrees import Worktrees

# Nothing is committed, but git may ask for an identity.
IDENTITY = ("-c", "user.name=rollback", "-c", "user.email=rollback@localhost")
# A submodule counts, whatever .gitmodules or the user's settings say.
NAMES_OF_CHANGED = ("diff", "--name-only", "-z", "--ignore-submodules=none")


class Trees:
    """The trees of a clone. They are given by their hashes; a dry run computes them too."""

    def __init__(self, git: Program, worktrees: Worktrees) -> None:
        self._git = git
        self._worktrees = worktrees
        self._reverted: dict[tuple[str, str], str] = {}  # commits do not change

    def reverted(self, tip: str, revision: str) -> str:
        """Return the tree of `tip` with a commit or range reverted; nothing if it conflicts."""
        key = tip, revision
        if key not in self._reverted:
            # -m 1 is accepted for ordinary commits too
            argv = ["revert", "--no-commit", "-m", "1", revision]
            self._reverted[key] = self._computed(tip, *argv)
        return self._reverted[key]

    def merged(self, tip: str, head: str) -> str:
        """Return the tree of `tip` with `head` merged into it; nothing if it conflicts."""
        base = self._git.text("merge-base", tip, head, check=False)
        if base == tip:
            return self.of(head)
        return self._computed(tip, "merge", "--no-commit", "--no-ff", "--quiet", head)

    def of(self, commit: str) -> str:
        """Return the tree of a commit."""
        return self._git.text("rev-parse", "--verify", f"{commit}^{{tree}}")

    def differing_files(self, tree: str, other: str) -> list[str]:
        """Return the files that differ between two trees."""
        argv = [*NAMES_OF_CHANGED, "--no-renames", tree, other]
        changed = self._git.read(*argv).stdout
        return changed.split("\0")[:-1]

    def blobs(self, commit: str, folder: str) -> dict[str, str]:
        """Return git's ids of the files of a folder at a commit, by path.

        That of a link or a submodule, which is no file's, is empty.
        """
        argv = ["ls-tree", "-r", "-z", "--full-tree", commit, folder]
        blobs = {}
        for entry in self._git.read(*argv).stdout.split("\0")[:-1]:
            kind, _, path = entry.partition("\t")
            mode, _, blob = kind.split(" ")
            blobs[path] = blob if mode.startswith("100") else ""
        return blobs

    def _computed(self, tip: str, *argv: str) -> str:
        """Return the tree that a command of git leaves in a worktree of `tip`."""
        with self._worktrees.checkout(tip, quiet=True) as tree:
            output = self._at(tree, *argv, check=False)
            if output.status == 0:
                return self._at(tree, "write-tree").stdout.strip()
            if self._at(tree, "ls-files", "--unmerged").stdout:
                return ""
        raise ProgramFailed(["git", argv[0]], output.status, output.stderr)

    def _at(self, tree: Path, *argv: str, check: bool = True) -> ProgramOutput:
        return self._git.read("-C", str(tree), *IDENTITY, *argv, check=check)

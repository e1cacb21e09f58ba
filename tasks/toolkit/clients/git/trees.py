"""Trees that git computes: a commit reverted, a branch merged. They are compared, never pushed."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import ProgramFailed
from ..process import ProgramOutput
from ..program import Program
from .worktrees import Worktrees

# Nothing is pushed, but git may ask for an identity.
IDENTITY = ("-c", "user.name=rollback", "-c", "user.email=rollback@localhost")
# A submodule counts, whatever .gitmodules or the user's settings say.
NAMES_OF_CHANGED = ("diff", "--name-only", "-z", "--ignore-submodules=none")

Result = tuple[str, list[str]]  # a tree, or nothing and the files that conflict


class Trees:
    """The trees of a clone. They are given by their hashes; a dry run computes them too."""

    def __init__(self, git: Program, worktrees: Worktrees) -> None:
        self._git = git
        self._worktrees = worktrees
        self._reverted: dict[tuple[str, str], Result] = {}  # commits do not change

    def reverted(self, tip: str, revision: str) -> str:
        """Return the tree of `tip` with a commit or range reverted; nothing if it conflicts."""
        return self._revert(tip, revision)[0]

    def conflicts(self, tip: str, revision: str) -> list[str]:
        """Return the files in which the revert of a commit or range at `tip` conflicts."""
        return self._revert(tip, revision)[1]

    def _revert(self, tip: str, revision: str) -> Result:
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
        tree, _ = self._computed(tip, "merge", "--no-commit", "--no-ff", "--quiet", head)
        return tree

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

    def export(self, tree: str, folder: str, archive: Path) -> None:
        """Write a folder of a tree into a new tar archive."""
        argv = ["archive", "--format=tar", f"--output={archive}", tree, "--", folder]
        self._git.read(*argv)

    def part(self, before: str, after: str, folder: str, message: str) -> str:
        """Return a commit on top of `before` that changes one folder as `after` has it.

        Return nothing if the folder is the same.
        """
        with self._worktrees.checkout(before, quiet=True, files=False) as tree:
            self._at(tree, "reset", "--quiet", after, "--", folder)
            changed = self._at(tree, "write-tree").stdout.strip()
        if changed == self.of(before):
            return ""
        return self.commit(changed, before, message, dated_as=after)

    def commit(
        self,
        tree: str,
        before: str,
        message: str,
        *,
        dated_as: str,
    ) -> str:
        """Return a commit of a tree on top of `before`, with the date of another.

        No branch has it, and git deletes it some day.
        """
        form = "--format=@%ct +0000"
        date = self._git.text("log", "--no-show-signature", "-1", form, dated_as)
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        argv = [*IDENTITY, "commit-tree", tree, "-p", before, "-m", message]
        return self._git.read(*argv, env=dates).stdout.strip()

    def _computed(self, tip: str, *argv: str) -> Result:
        """Return the tree that a command of git leaves in a worktree of `tip`."""
        with self._worktrees.checkout(tip, quiet=True, files=False) as tree:
            output = self._at(tree, *argv, check=False)
            if output.status == 0:
                return self._at(tree, "write-tree").stdout.strip(), []
            conflicts = self._worktrees.conflicting_files(tree)
            if conflicts:
                return "", conflicts
        raise ProgramFailed(["git", argv[0]], output.status, output.stderr)

    def _at(self, tree: Path, *argv: str, check: bool = True) -> ProgramOutput:
        return self._git.read("-C", str(tree), *IDENTITY, *argv, check=check)

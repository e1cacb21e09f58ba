"""Worktrees: other commits are checked out, reverted and pushed there, never in the user's copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...console.signals import interrupt
from ...core.errors import AccessDenied, ProgramFailed, Refused
from ..process import ProcessRunner, ProgramOutput
from ..program import Program
from ..retry import nothing_found
from .cli import (
    DENIED,
    IDENTITY_ADVICE,
    IDENTITY_UNKNOWN,
    PUSH,
    WRITE_ACCESS,
    local_git,
    report_hooks,
)

PROTECTED = ("pre-receive hook declined", "GH006", "GH013", "protected branch")
OUTDATED = ("fetch first", "non-fast-forward", "stale info")
# Every file is there, even where the user's copy has only some.
NOT_SPARSE = ("-c", "core.sparseCheckout=false")
NO_WORKFLOWS = {
    "`workflow` scope": "give it the scope: gh auth refresh --scopes workflow",
    "`workflows` permission": "set the secret ROLLBACK_TOKEN: docs/actions.md",
}


def remove_worktree(runner: ProcessRunner, tree: Path) -> None:
    """Remove a worktree that was left behind, whichever clone it belongs to."""
    git = local_git(runner, tree)
    git.read("worktree", "remove", "--force", "--force", str(tree), check=False)


def _ensure_done(command: str, output: ProgramOutput) -> None:
    """Raise ProgramFailed if a command of git failed."""
    if output.status == 0:
        return
    advice = IDENTITY_ADVICE if IDENTITY_UNKNOWN in output.stderr else ""
    raise ProgramFailed(command.split(), output.status, output.stderr, advice)


class Worktrees:
    """The worktrees of a clone, made in the folder `scratch`; a dry run makes them too."""

    def __init__(
        self,
        git: Program,
        remote: Program,
        scratch: Path,
    ) -> None:
        self._git = git
        self._remote = remote
        self._scratch = scratch

    @contextmanager
    def checkout(
        self,
        commit: str,
        *,
        shown_as: str = "",
        quiet: bool = False,
        files: bool = True,
    ) -> Iterator[Path]:
        """Check `commit` out into a folder of its own while the block runs.

        A dry run shows that unless `quiet`; `shown_as` is the name of the commit in its plan.
        Without `files` only the index is filled: to revert and merge needs no more, and a file
        whose line ends or filters do not fit its attributes would be taken for changed.
        """
        tree = self._scratch / f"tree-{commit[:12]}"
        add = [*NOT_SPARSE, "worktree", "add", "--quiet", "--detach", str(tree)]
        if not files:
            add.insert(-1, "--no-checkout")
        # Forced twice, to remove a locked worktree too.
        remove = ["worktree", "remove", "--force", "--force", str(tree)]
        try:
            with interrupt.deferred():  # git cannot remove a half-made worktree
                if shown_as:
                    self._git.show(*add, shown_as)
                self._git.prepare(*add, commit, quiet=quiet or bool(shown_as))
            if not files:
                self._git.prepare("-C", str(tree), "read-tree", "HEAD", quiet=quiet)
            yield tree
        finally:
            with interrupt.deferred():
                self._git.prepare(*remove, quiet=quiet, check=False)

    def revert(
        self,
        tree: Path,
        revision: str,
        message: str,
        *,
        quiet: bool = False,
    ) -> bool:
        """Revert a commit or range in one commit of a worktree; return False if nothing was left.

        A merge is reverted against its first parent. A dry run shows that unless `quiet`.
        Raises Refused with the files that conflict.
        """
        git = ["-C", str(tree)]
        # -m 1 is accepted for ordinary commits too
        argv = [*git, "revert", "--no-commit", "-m", "1", revision]
        output = self._git.prepare(*argv, quiet=quiet, check=False)
        if conflicts := self.conflicting_files(tree):
            what = f"{revision[:12]} cannot be reverted without a conflict in "
            advice = "revert it by hand on a branch and open a pull request; nothing was changed"
            raise Refused(what + ", ".join(conflicts), advice)
        _ensure_done("git revert", output)
        diff = ["diff", "--cached", "--quiet", "--ignore-submodules=none", "HEAD"]
        if self._git.read(*git, *diff, check=False).status == 0:
            return False
        argv = [*git, "commit", "--quiet", "--message", message]
        output = self._git.prepare(*argv, quiet=quiet, check=False)
        _ensure_done("git commit", output)
        return True

    def conflicting_files(self, tree: Path) -> list[str]:
        """Return the files of a worktree that a revert or a merge left with conflicts."""
        conflicting = self._git.read(
            "-C",
            str(tree),
            "diff",
            "--name-only",
            "-z",
            "--diff-filter=U",
        )
        return conflicting.stdout.split("\0")[:-1]

    def push(
        self,
        tree: Path,
        branch: str,
        advice: str,
    ) -> bool:
        """Push the commit of a worktree to `branch`; return False if that was only planned.

        The clone's hooks do not run, which is said.
        Raises Refused with `advice` if the branch is protected, or if it changed at origin,
        AccessDenied if the credentials of git may not push, or not change workflows.
        """
        report_hooks(self._git)
        argv = ["-C", str(tree), *PUSH, "--porcelain", "origin", f"HEAD:refs/heads/{branch}"]
        output = self._remote.change(*argv, check=False, find_outcome=nothing_found, kind="branch")
        if output is None:
            return False
        if output.status == 0:
            return True
        answer = self._remote.runner.mask(output.stdout + output.stderr)
        for reason, remedy in NO_WORKFLOWS.items():
            if reason in answer:
                what = "git's token may not change .github/workflows; nothing was pushed"
                raise AccessDenied(what, remedy)
        if DENIED in answer:
            raise AccessDenied("git's token may not push; nothing was pushed", WRITE_ACCESS)
        if any(reason in answer for reason in PROTECTED):
            raise Refused(f"{branch} is protected; nothing was pushed", advice)
        if any(reason in answer for reason in OUTDATED):
            what = f"{branch} changed at origin in the meantime; nothing was pushed"
            raise Refused(what, "re-run the same command")
        advice = "nothing was pushed; check the network and your access to origin"
        raise ProgramFailed(["git", "push"], output.status, answer, advice)

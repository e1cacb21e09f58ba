"""A clone: its files, its commits by name, its branches here and at origin."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from ...core.secret import Secret
from ..process import ProcessRunner
from ..program import always_usable
from .blobs import Files
from .charts import list_charts
from .cli import (
    FETCH,
    fetch_from_origin,
    local_git,
    objects_at_origin,
    pathspec,
    remote_git,
)
from .history import History
from .names import resolve_commit
from .origin import Origin
from .tags import Tags
from .trees import NAMES_OF_CHANGED, Trees
from .worktrees import Worktrees


class Repository:
    """The clone `folder`.

    Worktrees are made in `scratch`; `token` serves an HTTPS remote that wants a login.
    `ensure_origin` is called before origin is asked, and may refuse it.
    """

    def __init__(
        self,
        runner: ProcessRunner,
        folder: Path,
        scratch: Path,
        token: Secret,
        ensure_origin: Callable[[], None] = always_usable,
    ) -> None:
        self.folder = folder
        self.ensure_origin = ensure_origin
        self._git = local_git(runner, folder)
        self._remote = remote_git(runner, folder, token, ensure_origin)
        self.origin = Origin(self._git)
        self.history = History(self._git)
        self.files = Files(self._git)
        self.tags = Tags(self._git, self._remote)
        self.worktrees = Worktrees(self._git, self._remote, scratch)
        self.trees = Trees(self._git, self.worktrees)
        self._is_complete = False

    def private_file(self, name: str) -> Path:
        """Return the path of `name` in the folder that git keeps for itself."""
        return self.folder / self._git.text("rev-parse", "--git-path", name)

    def recorded_default_branch(self) -> str:
        """Return the default branch of origin as the clone has recorded it, or nothing."""
        return self._symbolic_ref("refs/remotes/origin/HEAD").removeprefix("origin/")

    def default_branch(self) -> str:
        """Return the default branch of origin, asking origin only if the clone has no record."""
        recorded = self.recorded_default_branch()
        if recorded:
            return recorded
        listed = self._remote.text("ls-remote", "--symref", "origin", "HEAD")
        target, _, _ = listed.partition("\t")
        return target.removeprefix("ref: refs/heads/")

    def fetch(
        self,
        branch: str,
        *others: str,
        show_in_plan: bool = False,
    ) -> str:
        """Fetch `branch` and other refs from origin and return its commit; a dry run does too.

        It has a name of our own meanwhile: another fetch may write FETCH_HEAD at any time.
        """
        source = f"refs/heads/{branch}"
        if show_in_plan:
            self._remote.show(*FETCH, "origin", source)
        name = f"refs/rollback/{secrets.token_hex(8)}"
        refs = [f"+{source}:{name}", *others]
        try:
            fetch_from_origin(self._remote, "--no-tags", "origin", *refs)
            return self.resolve(name)
        finally:
            self._git.read("update-ref", "-d", name, check=False)

    def ensure_complete(self) -> None:
        """Fetch the history that a shallow clone lacks, if it does; look only once."""
        if not self._is_complete and self.is_shallow():
            self.unshallow()
        self._is_complete = True

    def is_shallow(self) -> bool:
        """Return whether the clone lacks a part of the history."""
        return self._git.text("rev-parse", "--is-shallow-repository") == "true"

    def unshallow(self) -> None:
        """Fetch the history that a shallow clone lacks; a dry run does too."""
        fetch_from_origin(self._remote, "--unshallow", "origin")

    def remote_commit(self, branch: str) -> str:
        """Return the commit of `branch` at origin, or nothing if it does not exist there."""
        return objects_at_origin(self._remote, "heads").get(branch, "")

    def resolve(self, name: str, tree: Path | None = None) -> str:
        """Return the full hash of a commit given as hash, tag or branch. Raises BadInput.

        HEAD is that of the worktree `tree` if given.
        """
        return resolve_commit(self._git, tree or self.folder, name)

    def current_branch(self) -> str:
        """Return the branch that is checked out, or nothing."""
        return self._symbolic_ref("HEAD")

    def _symbolic_ref(self, name: str) -> str:
        return self._git.text("symbolic-ref", "--short", "--quiet", name, check=False)

    def uncommitted_changes(self, path: Path) -> list[str]:
        """Return the lines of `git status --porcelain` for `path`."""
        listed = self._git.read("status", "--porcelain", "--", str(path)).stdout
        return listed.split("\n")[:-1]

    def differing_files(
        self,
        commit: str,
        other: str,
        folder: str,
    ) -> list[str]:
        """Return the files of `folder` that differ between two commits.

        If `other` is empty, compare with the working copy, except for built dependencies.
        """
        commits = [commit]
        if other:
            commits.append(other)
        argv = [*NAMES_OF_CHANGED, *commits]
        changed = self._git.read(*argv, "--", pathspec(folder)).stdout
        files = changed.split("\0")[:-1]
        if not other:
            files += self._untracked_files(folder)
        return files

    def _untracked_files(self, folder: str) -> list[str]:
        built = Path(folder, "charts", "*.tgz")
        untracked = self._git.read(
            "ls-files",
            "-z",
            "--others",
            "--exclude-standard",
            "--full-name",
            "--",
            pathspec(folder),
            f":(top,exclude){built}",
        )
        return untracked.stdout.split("\0")[:-1]

    def chart_folders(self) -> list[str]:
        """Return the folders with a tracked Chart.yaml, without charts inside charts."""
        return list_charts(self._git)

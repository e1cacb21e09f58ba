"""The bare git repository of the GitHub stand-in."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .records import Refusal

PROTECTION = """#!/bin/sh
while read -r old new ref; do
    [ "$ref" = {ref} ] || continue
    exec >&2
    echo "error: GH006: Protected branch update failed for $ref."
    echo "error: Changes must be made through a pull request."
    exit 1
done
"""


@dataclass(frozen=True)
class Repository:
    """The bare repository of `slug` (owner/name) in the folder `path`."""

    path: Path
    slug: str

    @property
    def owner(self) -> str:
        """The owner, in whose name commits are made."""
        return self.slug.split("/")[0]

    @property
    def name(self) -> str:
        """The name without the owner."""
        return self.slug.split("/")[1]

    @property
    def url(self) -> str:
        """The address on GitHub's website."""
        return f"https://github.com/{self.slug}"

    @property
    def api_url(self) -> str:
        """The address in GitHub's REST API."""
        return f"https://api.github.com/repos/{self.slug}"

    def git(self, *args: str, env: Mapping[str, str] | None = None) -> str:
        """Return what git prints, with more variables. Raises CalledProcessError."""
        email = f"{self.owner}@users.noreply.github.com"
        identity = ["-c", f"user.name={self.owner}", "-c", f"user.email={email}"]
        argv = ["git", "-C", str(self.path), *identity, *args]
        done = subprocess.run(
            argv,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def refs(self) -> dict[str, str]:
        """Return the commits of all branches and tags by their full names.

        Those of forks are here too, as refs/forks/OWNER/BRANCH.
        """
        columns = "%(refname) %(*objectname) %(objectname)"
        kinds = ["refs/heads", "refs/tags", "refs/forks"]
        lines = self.git("for-each-ref", f"--format={columns}", *kinds)
        refs = dict[str, str]()
        for line in lines.splitlines():
            name, commit, *_ = line.split()
            refs[name] = commit
        return refs

    @property
    def default_branch(self) -> str:
        """The branch that HEAD names."""
        return self.git("symbolic-ref", "--short", "HEAD")

    def subject(self, commit: str) -> str:
        """Return the first line of a commit's message."""
        return self.git("log", "-1", "--format=%s", commit)

    def message(self, commit: str) -> str:
        """Return a commit's message."""
        return self.git("log", "-1", "--format=%B", commit)

    def changed_paths(self, before: str, after: str) -> list[str]:
        """Return the paths of the files that differ between two commits."""
        return self.git("diff", "--name-only", before, after).splitlines()

    def protect(self) -> None:
        """Refuse pushes to the default branch from now on; merges go on."""
        hook = self.path / "hooks" / "pre-receive"
        hook.write_text(PROTECTION.format(ref=f"refs/heads/{self.default_branch}"))
        hook.chmod(0o755)

    def commit_tree(
        self,
        tree: str,
        message: str,
        *parents: str,
        author_of: str = "",
    ) -> str:
        """Make a commit with the tree of `tree`, and return it.

        Its author is the owner, or the author of another commit.
        """
        options = []
        for parent in parents:
            options.append(f"-p{parent}")
        env = {}
        if author_of:
            shown = self.git("log", "-1", "--format=%an%n%ae%n%ad", "--date=raw", author_of)
            names = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_AUTHOR_DATE")
            env = dict(zip(names, shown.split("\n"), strict=True))
        return self.git("commit-tree", f"{tree}^{{tree}}", "-m", message, *options, env=env)

    def merge_trees(
        self,
        base: str,
        ours: str,
        theirs: str,
    ) -> str:
        """Return the tree of a three-way merge. Raises Refusal if it has conflicts."""
        # git before 2.40 takes the merge base from the history only: make a history.
        root = self.commit_tree(base, "base")
        sides = []
        for side in (ours, theirs):
            sides.append(self.commit_tree(side, "side", root))
        try:
            return self.git("merge-tree", "--write-tree", *sides)
        except subprocess.CalledProcessError:
            raise Refusal("Pull Request is not mergeable") from None

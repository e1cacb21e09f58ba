"""Commits: how they relate to each other, when they were made, what they reverted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from ...core.printable import one_line
from ...core.revert_claims import claims_commit, claims_part
from ..program import Program
from .cli import pathspec
from .landings import Landing, claimed_reverts, landings


class History:
    """The commits of a clone."""

    def __init__(self, git: Program) -> None:
        self._git = git
        self._landed: dict[tuple[str, str], tuple[str, str]] = {}  # commits do not change

    def contains(self, tip: str, commit: str) -> bool:
        """Return whether `commit` is `tip` or one of its ancestors."""
        output = self._git.read("merge-base", "--is-ancestor", commit, tip, check=False)
        return output.status == 0

    def is_on_a_branch(self, commit: str) -> bool:
        """Return whether a branch or a tag of the clone, or a branch of origin, has a commit."""
        refs = ("refs/heads", "refs/tags", "refs/remotes/origin")
        found = self._git.read("for-each-ref", "--count=1", f"--contains={commit}", *refs)
        return bool(found.stdout)

    def missing(self, commits: list[str]) -> list[str]:
        """Return those of the commits, given by their full hashes, that the clone lacks."""
        found = self._git.read("cat-file", "--batch-check", stdin="\n".join(commits)).stdout
        lines = []
        for line in found.split("\n"):
            lines.append(line.partition(" "))
        return [commit for commit, _, kind in lines if kind == "missing"]

    def claims_to_revert(self, tip: str, commit: str, *, part: bool = False) -> list[str]:
        """Return the commits up to `tip` that say they revert `commit`, newest first.

        With `part`, return those that say they revert its workflow part only.
        """
        log = self._log("-z", "--format=%H%n%B", f"{commit}..{tip}")
        is_claim = claims_part if part else claims_commit
        claims = []
        for entry in log.split("\0"):
            sha, _, message = entry.partition("\n")
            if is_claim(message, commit):
                claims.append(sha)
        return claims

    def subjects(self, tip: str, count: int) -> list[str]:
        """Return the newest subjects of a branch, newest first, without those of merges."""
        argv = ["--no-merges", f"--max-count={count}", "--format=%s", tip]
        return self._log(*argv).split("\n")[:-1]

    def messages(self, since: str, tip: str, folder: str) -> list[str]:
        """Return the messages of the commits after `since`, newest first, that change a folder.

        With `.` those that change nothing count too.
        """
        paths = [] if folder == "." else [pathspec(folder)]
        log = self._log("-z", "--format=%B", f"{since}..{tip}", "--", *paths)
        return log.split("\0")[:-1]

    def landings(self, since: str, tip: str, paths: Collection[str]) -> list[Landing]:
        """Return what landed on a branch since a commit, newest first, and changed paths."""
        return landings(self._git, since, tip, paths)

    def claimed_reverts(self, since: str, tip: str) -> dict[str, list[str]]:
        """Return which commits since `since` say that they revert one, by the reverted commit."""
        return claimed_reverts(self._git, since, tip)

    def between(self, since: str, tip: str) -> set[str]:
        """Return the commits that `tip` has and `since` lacks; all of `tip` without `since`."""
        revisions = f"{since}..{tip}" if since else tip
        return set(self._git.text("rev-list", revisions, "--").split())

    def landed(self, landing: str, head: str) -> tuple[str, str]:
        """Return the commit before a pull request and what to revert: a commit, or a range.

        The pull request of the branch `head` was merged as `landing`: by a merge commit, squashed,
        or commit for commit (rebased), which makes a range.
        """
        if (landing, head) not in self._landed:
            self._landed[landing, head] = self._find_landed(landing, head)
        return self._landed[landing, head]

    def _find_landed(self, landing: str, head: str) -> tuple[str, str]:
        parents = self._log("-1", "--format=%P", landing).split()
        if len(parents) == 1:
            base = self._git.text("merge-base", landing, head)
            own = self._authorship(f"{base}..{head}", "--no-merges")
            count = len(own)
            if count > 1 and self._authorship(landing, f"--max-count={count}") == own:
                before = self._git.text("rev-parse", f"{landing}~{count}")
                return before, f"{before}..{landing}"
        return parents[0], landing

    def _authorship(self, revision: str, option: str) -> list[str]:
        """Return author, time and message of commits, newest first; a rebase keeps all of them."""
        form = "--format=%an %ae %at %B"
        return self._log("-z", "--topo-order", option, form, revision).split("\0")[:-1]

    def _log(self, *argv: str) -> str:
        # Signatures, which the user may have git show, would be taken for what is asked.
        return self._git.read("log", "--no-show-signature", *argv).stdout

    def changes(
        self,
        since: str,
        tip: str,
        folders: list[str],
    ) -> list[str]:
        """Return the summaries of the commits of a branch, newest first, that change folders."""
        paths = []
        for folder in folders:
            paths.append(pathspec(folder))
        log = self._log("--first-parent", "--format=%h %s", f"{since}..{tip}", "--", *paths)
        return log.split("\n")[:-1]

    def landing_commit(
        self,
        tip: str,
        commit: str,
        since: str,
    ) -> str:
        """Return the commit after `since` that brought `commit` to the branch of `tip`.

        That is for example the merge commit of its pull request.
        """
        log = self._git.text("rev-list", "--first-parent", "--reverse", f"{since}..{tip}")
        for candidate in log.split():
            if self.contains(candidate, commit):
                return candidate
        return commit

    def commit_time(self, commit: str) -> datetime:
        """Return the time of the commit, in UTC."""
        seconds = int(self._log("-1", "--format=%ct", commit))
        return datetime.fromtimestamp(seconds, UTC)

    def summary(self, commit: str) -> str:
        """Return the short hash and the subject of the commit, made harmless."""
        return one_line(self._log("-1", "--format=%h %s", commit).strip())

    def last_change(
        self,
        tip: str,
        path: str,
        pattern: str,
    ) -> str:
        """Return the summary of the last commit that changed lines of `path` matching `pattern`."""
        summary = self._log(
            "-1",
            f"-G{pattern}",
            "--format=%h %s",
            tip,
            "--",
            path,
        )
        return one_line(summary.strip())

    def merge_base(self, ours: str, theirs: str) -> str:
        """Return the newest common ancestor of two commits, or nothing."""
        return self._git.text("merge-base", ours, theirs, check=False)

    def commits_behind(self, commit: str, tip: str) -> int:
        """Return the number of commits that `tip` has and `commit` lacks."""
        count = self._git.text("rev-list", "--count", f"{commit}..{tip}")
        return int(count)

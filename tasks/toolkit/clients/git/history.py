"""What commits tell of each other. `git.Git` builds on it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from ..process import Program


class History:
    """git in a clone."""

    _git: Program

    def contains(self, tip: str, commit: str) -> bool:
        """Tell whether `commit` is `tip` or one of its ancestors."""
        return self._git.read("merge-base", "--is-ancestor", commit, tip, check=False).status == 0

    def reverted_by(self, tip: str, commit: str) -> str:
        """Return the newest commit between `commit` and `tip` that says it reverts `commit`, unless itself reverted; else nothing."""
        log = self._git.read("log", "--format=%H%x00%B%x01", f"{commit}..{tip}").stdout
        entries = [entry.strip().split("\0", 1) for entry in log.split("\x01") if entry.strip()]
        gone: set[str] = set()
        for sha, message in entries:
            said = set(re.findall(r"This reverts commit ([0-9a-f]{40})", message))
            if sha not in gone and commit in said:
                return sha
            gone |= said if sha not in gone else set()
        return ""

    def landed(self, tip: str, commit: str, since: str) -> str:
        """Return the commit by which `commit` came onto the branch of `tip`, such as the merge of its pull request, after `since`."""
        line = self._git.read(
            "rev-list", "--first-parent", "--reverse", f"{since}..{tip}"
        ).stdout.split()
        return next((one for one in line if self.contains(one, commit)), commit)

    def when(self, commit: str) -> datetime:
        """Return the commit's time, in UTC."""
        return datetime.fromtimestamp(
            int(self._git.read("log", "-1", "--format=%ct", commit).stdout), UTC
        )

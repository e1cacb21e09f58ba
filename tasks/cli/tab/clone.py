"""What the clone on this machine has: pull requests, commits, tags, charts. No network is asked."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .home import repository_folder

SECONDS = 0.15  # that one answer of git may take
MOST = 30  # commits, tags
BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "HEAD")
SANDBOX = "tasks/sandbox/"  # has charts of its own
PULL = re.compile(r"^Merge pull request #(\d+)|\(#(\d+)\)$")
VERSION = re.compile(r"(?:^|.*[-/@])v?(\d+\.\d+\.\d+.*)$")
OFFLINE = {"GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"}

Candidate = tuple[str, str]


class Clone:
    """The repository that is rolled back, as git has it here."""

    def __init__(self, home: Path | None) -> None:
        self.folder = repository_folder(home)

    def _git(self, *words: str) -> list[str]:
        """Return the lines that git prints. Raises TimeoutExpired."""
        done = subprocess.run(
            ["git", "-C", str(self.folder), *words],
            env=os.environ | OFFLINE,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        text = done.stdout.decode(errors="replace")
        return text.splitlines()

    def commits(self) -> Iterator[Candidate]:
        """Yield the newest commits of origin's default branch, with their subjects."""
        history = [
            "log",
            "--first-parent",
            f"--max-count={MOST}",
            "--format=%h%x09%s",
        ]
        for branch in BRANCHES:
            lines = self._git(*history, branch, "--")
            if not lines:
                continue
            for line in lines:
                commit, _, subject = line.partition("\t")
                yield commit, subject
            return

    def pulls(self) -> Iterator[Candidate]:
        """Yield the pull requests that these commits merged, the newest first."""
        for _, subject in self.commits():
            found = PULL.search(subject)
            if found is None:
                continue
            title = PULL.sub("", subject)
            yield found[1] or found[2], title.strip()

    def tags(self) -> Iterator[Candidate]:
        """Yield the newest tags."""
        tags = self._git("tag", "--list", "--sort=-v:refname", "--sort=-creatordate")
        for tag in tags[:MOST]:
            yield tag, ""

    def versions(self) -> Iterator[Candidate]:
        """Yield the versions of these tags, each once."""
        seen = set()
        for tag, _ in self.tags():
            found = VERSION.match(tag)
            if found is None or found[1] in seen:
                continue
            seen.add(found[1])
            yield found[1], tag

    def charts(self) -> Iterator[Candidate]:
        """Yield the names of charts, which their folders have, with the folders."""
        for file in self._git("ls-files", "--", "*/Chart.yaml"):
            if SANDBOX in file:
                continue
            folder = Path(file).parent
            yield folder.name, str(folder)

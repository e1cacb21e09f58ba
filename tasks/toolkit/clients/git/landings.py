"""What landed on a branch: each commit of its own line, with the files that it changed."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from ...core.revert_claims import CLAIM, claimed_commits
from ..program import Program

MOST = 500  # commits that are read


@dataclass(frozen=True)
class Landing:
    """A commit of a branch's own line: a merge, a squashed pull request, or a direct commit.

    `files` are those that differ from its first parent, `message` has the subject too.
    """

    commit: str
    parents: tuple[str, ...]
    message: str
    files: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The first line of the message; of a merge of a pull request, the title of that."""
        lines = []
        for line in self.message.split("\n"):
            if line.strip():
                lines.append(line)
        if len(lines) > 1 and re.match(r"Merge pull request #\d+ from ", lines[0]):
            return lines[1]
        return lines[0] if lines else ""

    @property
    def is_pull(self) -> bool:
        """Whether it merged its remote branch into the local one, as `git pull` does."""
        pattern = r"Merge (branch '[^']+' of \S+|remote-tracking branch '[^']+')$"
        return len(self.parents) == 2 and bool(re.match(pattern, self.subject))

    @property
    def reverts(self) -> list[str]:
        """The hashes of the commits that it says it reverts."""
        return claimed_commits(self.message)


def landings(git: Program, since: str, tip: str, paths: Collection[str]) -> list[Landing]:
    """Return what landed up to `tip` and not up to `since`, newest first, and changed paths.

    Without `since`, the whole history is read. What `git pull` merged landed each on its own.
    """
    found = []
    for landing in _read(git, since, tip, paths):
        if landing.is_pull:
            ours, theirs = landing.parents
            found += landings(git, ours, theirs, paths)
        else:
            found.append(landing)
    return found


def _read(git: Program, since: str, tip: str, paths: Collection[str]) -> list[Landing]:
    mark = secrets.token_hex(16)
    revisions = f"{since}..{tip}" if since else tip
    options = ["--no-show-signature", "--first-parent", "-m", "--full-diff", "--name-only", "-z"]
    form = f"--format={mark}%H%n%P%n%B{mark}"
    words = [*options, "--no-renames", f"--max-count={MOST}", form, revisions, "--"]
    log = git.read("log", *words, *[f":(top){path}" for path in paths]).stdout
    parts = log.split(mark)[1:]
    found = []
    for head, names in zip(parts[::2], parts[1::2], strict=True):
        commit, parents, message = head.split("\n", 2)
        files = []
        for name in names.split("\0"):
            files.append(name.removeprefix("\n"))
        changed = tuple(file for file in files if file)
        found.append(Landing(commit, tuple(parents.split()), message.strip(), changed))
    return found


def claimed_reverts(git: Program, since: str, tip: str) -> dict[str, list[str]]:
    """Return which commits after `since` say that they revert one, by the reverted commit."""
    mark = secrets.token_hex(16)
    revisions = f"{since}..{tip}" if since else tip
    options = ["--no-show-signature", f"--grep={CLAIM}", f"--format={mark}%H%n%B"]
    claims: dict[str, list[str]] = {}
    for entry in git.read("log", *options, revisions, "--").stdout.split(mark)[1:]:
        commit, _, message = entry.partition("\n")
        for reverted in claimed_commits(message):
            claims.setdefault(reverted, []).append(commit)
    return claims

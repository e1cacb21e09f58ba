"""What a revert says of itself, in its commit or its pull request. Anybody can say that."""

from __future__ import annotations

import re

CLAIM = "This reverts commit"
REVERTS = f"{CLAIM} {{}}."
REVERTS_PART = "This reverts the workflow part of {} (commit {})."


def claimed_commits(text: str) -> list[str]:
    """Return the hashes of the commits that a text says it reverts."""
    return re.findall(rf"{CLAIM} ([0-9a-f]{{40}})\b", text)


def claims_commit(text: str, commit: str) -> bool:
    """Return whether a text says that it reverts a commit."""
    return bool(re.search(rf"{CLAIM} {commit}\b", text))


def claims_part(text: str, commit: str) -> bool:
    """Return whether a text says that it reverts the workflow part of a commit."""
    return bool(re.search(rf"This reverts the workflow part of .*\(commit {commit}\)", text))

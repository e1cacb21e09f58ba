"""What a revert says of itself, in its commit or its pull request. Anybody can say that."""

from __future__ import annotations

import re

REVERTS = "This reverts commit {}."
REVERTS_PART = "This reverts the workflow part of {} (commit {})."


def claims_commit(text: str, commit: str) -> bool:
    """Return whether a text says that it reverts a commit."""
    return bool(re.search(rf"This reverts commit {commit}\b", text))


def claims_part(text: str, commit: str) -> bool:
    """Return whether a text says that it reverts the workflow part of a commit."""
    return bool(re.search(rf"This reverts the workflow part of .*\(commit {commit}\)", text))

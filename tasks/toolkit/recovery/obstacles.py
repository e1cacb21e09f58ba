"""What keeps a pull request from being merged, and whether waiting helps."""

from __future__ import annotations

from ..clients.github.pulls import PullRequest
from ..core.errors import Refused

UNKNOWN = "UNKNOWN"  # GitHub has not computed yet whether it can be merged
RERUN = "then re-run the same command"


def merge_obstacle(pull: PullRequest) -> str:
    """Return what a merge waits for, or nothing. Raises Refused for what waiting does not solve."""
    if pull.state == "MERGED":
        return ""
    _ensure_mergeable(pull)
    obstacles = {
        "BLOCKED": _missing_approvals(pull) or "the branch's protection rules",
        "BEHIND": f"its branch to be brought up to date at {pull.url}",
        UNKNOWN: "GitHub to work out whether it can be merged",
    }
    return obstacles.get(pull.merge_state, "")


def _ensure_mergeable(pull: PullRequest) -> None:
    name = f"#{pull.number}"
    if pull.state == "CLOSED":
        advice = f"reopen it at {pull.url}"
        raise Refused(f"{name} was closed without being merged", advice)
    if pull.draft:
        advice = f"mark it as ready at {pull.url}, {RERUN}"
        raise Refused(f"{name} is a draft", advice)
    if pull.merge_state == "DIRTY":
        raise conflict(pull)
    if pull.merge_state == "BLOCKED" and pull.failed_checks:
        failed = ", ".join(pull.failed_checks)
        advice = f"see {pull.url}/checks, {RERUN}"
        raise Refused(f"{name} cannot be merged: {failed} failed", advice)


def conflict(pull: PullRequest) -> Refused:
    """Return the refusal of a pull request that conflicts."""
    advice = f"resolve that at {pull.url}, {RERUN}"
    return Refused(f"#{pull.number} conflicts with its base branch", advice)


def _missing_approvals(pull: PullRequest) -> str:
    missing = []
    if pull.pending_checks:
        checks = []
        for name in pull.pending_checks:
            checks.append(f"check {name}")
        missing.append(", ".join(checks))
    if pull.review in ("REVIEW_REQUIRED", "CHANGES_REQUESTED"):
        missing.append("a review")
    return " and ".join(missing)

"""Pull requests as gh tells them, and which of them reverts another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PR_FIELDS = "number,title,body,state,url,isDraft,headRefName,mergeCommit,mergedAt"
PR_DETAIL_FIELDS = f"{PR_FIELDS},mergeStateStatus,reviewDecision,statusCheckRollup"  # what GitHub must work out first
FAILED_CONCLUSIONS = {
    "FAILURE",
    "ERROR",
    "CANCELLED",
    "TIMED_OUT",
    "ACTION_REQUIRED",
    "STARTUP_FAILURE",
}


@dataclass(frozen=True)
class PullRequest:
    """A pull request. `state` is OPEN, CLOSED or MERGED; `merge_commit` is empty until merged.

    `merge_state` is GitHub's mergeStateStatus; `pending` and `bad` name the checks that run still, or ended badly.
    """

    number: int
    title: str
    body: str
    state: str
    url: str
    draft: bool
    head: str
    merge_commit: str
    merged_at: datetime | None
    merge_state: str = ""
    review: str = ""
    pending: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: dict[str, Any]) -> PullRequest:
        """Build from what `gh pr view --json` answers."""
        checks = data.get("statusCheckRollup") or ()
        ends = [
            (
                check.get("name") or check.get("context"),
                check.get("conclusion") or check.get("state") or "",
            )
            for check in checks
        ]
        return cls(
            number=data["number"],
            title=data["title"],
            body=data["body"],
            state=data["state"],
            url=data["url"],
            draft=data["isDraft"],
            head=data["headRefName"],
            merge_commit=(data["mergeCommit"] or {}).get("oid", ""),
            merged_at=parse_time(data["mergedAt"]) if data["mergedAt"] else None,
            merge_state=data.get("mergeStateStatus", ""),
            review=data.get("reviewDecision") or "",
            pending=tuple(name for name, end in ends if end in ("", "PENDING", "EXPECTED")),
            bad=tuple(name for name, end in ends if end in FAILED_CONCLUSIONS),
        )

    def reverts(self, other: PullRequest, slug: str) -> bool:
        """Tell whether this is a revert of `other`: by the branch that GitHub gives it, or by what its body says."""
        said = rf"Reverts {re.escape(slug)}#{other.number}\b|This reverts commit {other.merge_commit or 'of none'}\b"
        return self.head.startswith(f"revert-{other.number}-") or bool(re.search(said, self.body))


def effective_revert(
    bad: PullRequest, pulls: Iterable[PullRequest], slug: str
) -> PullRequest | None:
    """Return the revert of `bad` that stands: a merged one that was itself reverted does not, an open one might yet."""
    pulls = list(pulls)
    for pull in pulls:
        if pull.state == "CLOSED" or pull.number == bad.number or not pull.reverts(bad, slug):
            continue
        again = effective_revert(
            pull, [other for other in pulls if other.number > pull.number], slug
        )
        if not (again and again.state == "MERGED"):
            return pull
    return None


def parse_time(text: str) -> datetime:
    """Return a time of GitHub's, aware, in UTC."""
    return datetime.fromisoformat(text)

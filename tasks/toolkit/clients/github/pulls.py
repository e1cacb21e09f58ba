"""Pull requests as gh reports them, and which of them reverts another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...core.revert_claims import claims_commit, claims_part

PR_FIELDS = (
    "id,number,title,body,state,url,isDraft,headRefName,headRefOid,baseRefName,"
    "author,isCrossRepository,mergeCommit,mergedAt"
)
# GitHub computes the others on demand.
PR_DETAIL_FIELDS = f"{PR_FIELDS},mergeStateStatus,reviewDecision,statusCheckRollup"
PENDING_CONCLUSIONS = {"", "PENDING", "EXPECTED"}
FAILED_CONCLUSIONS = {
    "FAILURE",
    "ERROR",
    "CANCELLED",
    "TIMED_OUT",
    "ACTION_REQUIRED",
    "STARTUP_FAILURE",
}

Check = tuple[str, str]  # its name and its conclusion


@dataclass(frozen=True)
class PullRequest:
    """A pull request. `state` is OPEN, CLOSED or MERGED; `merge_commit` is empty until merged.

    `id` is that of its node in GraphQL. The branch is `head`, its newest commit `head_commit`;
    `from_fork` tells whether it is in a fork. `author` is a login, empty for a deleted account;
    `by_app` tells whether it is an app.
    The last four are empty unless PR_DETAIL_FIELDS were asked for. `merge_state` is GitHub's
    mergeStateStatus, `review` its reviewDecision; the checks are given by name.
    """

    id: str
    number: int
    title: str
    body: str
    state: str
    url: str
    draft: bool
    head: str
    head_commit: str
    base: str
    author: str
    by_app: bool
    from_fork: bool
    merge_commit: str
    merged_at: datetime | None
    merge_state: str = ""
    review: str = ""
    pending_checks: tuple[str, ...] = ()
    failed_checks: tuple[str, ...] = ()

    @classmethod
    def parse(cls, data: dict[str, Any]) -> PullRequest:
        """Build a pull request from the JSON of gh."""
        merge_commit = data["mergeCommit"] or {}
        author = data["author"] or {}
        merged_at = None
        if data["mergedAt"]:
            merged_at = parse_time(data["mergedAt"])
        rollup = data.get("statusCheckRollup") or []
        checks = []
        for check in rollup:
            checks.append(_name_and_conclusion(check))
        return cls(
            id=data["id"],
            number=data["number"],
            title=data["title"],
            body=data["body"],
            state=data["state"],
            url=data["url"],
            draft=data["isDraft"],
            head=data["headRefName"],
            head_commit=data["headRefOid"],
            base=data["baseRefName"],
            author=author.get("login", ""),
            by_app=author.get("is_bot", False),
            from_fork=data["isCrossRepository"],
            merge_commit=merge_commit.get("oid", ""),
            merged_at=merged_at,
            merge_state=data.get("mergeStateStatus", ""),
            review=data.get("reviewDecision") or "",
            pending_checks=_names_with(PENDING_CONCLUSIONS, checks),
            failed_checks=_names_with(FAILED_CONCLUSIONS, checks),
        )

    def reverts(self, other: PullRequest, slug: str) -> bool:
        """Return whether this reverts `other`, according to its branch or its body."""
        if self.head.startswith(f"revert-{other.number}-"):  # the branch that GitHub creates
            return True
        if re.search(rf"Reverts (?:{re.escape(slug)})?#{other.number}\b", self.body):
            return True
        return bool(other.merge_commit) and self.reverts_commit(other.merge_commit)

    def reverts_commit(self, commit: str) -> bool:
        """Return whether this reverts a commit, according to its branch or its body."""
        return self._is_on(revert_branch(commit)) or claims_commit(self.body, commit)

    def reverts_part(self, commit: str) -> bool:
        """Return whether this reverts the workflow part of a commit, and only that."""
        return self._is_on(part_branch(commit)) or claims_part(self.body, commit)

    def _is_on(self, branch: str) -> bool:
        return bool(re.fullmatch(rf"{branch}(-\d+)?", self.head))


def _name_and_conclusion(check: dict[str, Any]) -> Check:
    """Return the two of a check run, or of a commit status, which has other names for them."""
    name = check.get("name") or check.get("context") or ""
    conclusion = check.get("conclusion") or check.get("state") or ""
    return name, conclusion


def _names_with(conclusions: set[str], checks: list[Check]) -> tuple[str, ...]:
    names = []
    for name, conclusion in checks:
        if conclusion in conclusions:
            names.append(name)
    return tuple(names)


def claims_to_revert(bad: PullRequest, pulls: list[PullRequest], slug: str) -> list[PullRequest]:
    """Return those that say they revert `bad`, open or merged."""
    return [pull for pull in _others(bad, pulls) if pull.reverts(bad, slug)]


def effective_reverts(bad: PullRequest, pulls: list[PullRequest], slug: str) -> list[PullRequest]:
    """Return those that say they revert `bad`, and that no merged one says it reverted.

    Those of its workflow part count too.
    """
    claims = claims_to_revert(bad, pulls, slug)
    if bad.merge_commit:
        claims += [pull for pull in _others(bad, pulls) if pull.reverts_part(bad.merge_commit)]
    found = []
    for pull in claims:
        merged = []
        for other in pulls:
            if other.number > pull.number and other.state == "MERGED":
                merged.append(other)
        if not effective_reverts(pull, merged, slug):
            found.append(pull)
    return found


def _others(bad: PullRequest, pulls: list[PullRequest]) -> list[PullRequest]:
    return [pull for pull in pulls if pull.number != bad.number and pull.state != "CLOSED"]


def revert_branch(commit: str) -> str:
    """Return the name of the branch that reverts a commit."""
    return f"revert-{commit[:12]}"


def part_branch(commit: str) -> str:
    """Return the name of the branch that reverts the workflow part of a commit."""
    return f"revert-workflow-{commit[:12]}"


def parse_time(text: str) -> datetime:
    """Return a time of GitHub, aware, in UTC."""
    return datetime.fromisoformat(text)

"""What GitHub's stand-in keeps: issues, pull requests, releases; and how it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def moment(time: datetime) -> str:
    """Return a time as GitHub writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


class Refusal(Exception):
    """What GitHub says when it does not; `kind` is GraphQL's type of the error."""

    def __init__(self, message: str, kind: str = "UNPROCESSABLE") -> None:
        self.kind = kind
        super().__init__(message)


@dataclass
class Issue:
    """An issue: `state` is OPEN or CLOSED, `labels` are names, `comments` texts by their ids."""

    number: int
    title: str
    body: str
    author: str
    state: str = "OPEN"
    state_reason: str | None = None
    labels: list[str] = field(default_factory=list)
    comments: dict[int, str] = field(default_factory=dict)
    created_at: datetime = field(default_factory=now)
    closed_at: datetime | None = None


@dataclass
class Pull(Issue):
    """A pull request, of the branch `head` to `base`, perhaps MERGED into the commit `before`, or to be merged by `auto_merge`."""

    head: str = ""
    base: str = ""
    head_sha: str = ""
    is_draft: bool = False
    approvals: int = 0
    auto_merge: str = ""
    before: str = ""
    merge_sha: str = ""
    merged_at: datetime | None = None


@dataclass
class Release:
    """A release, in the REST API's words."""

    id: int
    tag_name: str
    name: str
    body: str
    prerelease: bool = False
    draft: bool = False
    created_at: datetime = field(default_factory=now)

"""What the GitHub stand-in stores: issues, pull requests, checks and releases."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def is_older(time: datetime, seconds: float) -> bool:
    """Check whether something of `time` is shown when GitHub lags behind by so many seconds."""
    return now() - time >= timedelta(seconds=seconds)


def json_value(value: Any) -> Any:
    """Return a value as GitHub writes it; only times change."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def json_fields(record: object) -> dict[str, Any]:
    """Return the attributes of a record as GitHub writes them."""
    return {name: json_value(value) for name, value in vars(record).items()}


class Refusal(Exception):
    """GitHub refuses a request; `kind` is the type of the error in GraphQL.

    `detail` is the error that REST adds, for example the field that is wrong and the code.
    """

    def __init__(self, message: str, kind: str = "UNPROCESSABLE", **detail: str) -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(message)


def check_length(text: str) -> None:
    """Raise Refusal if a text is longer than GitHub accepts."""
    if len(text) > 65536:
        raise Refusal("Body is too long (maximum is 65536 characters)")


def check_title(title: str) -> None:
    """Raise Refusal if a title is longer than GitHub accepts."""
    if len(title) > 256:
        raise Refusal("Title is too long (maximum is 256 characters)")


@dataclass
class Execution:
    """A check, or a step, job or run of a workflow."""

    name: str
    id: int = 0
    status: str = "queued"
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)  # of a step

    def start(self) -> None:
        """Record the start."""
        self.status = "in_progress"
        self.started_at = now()

    def complete(self, conclusion: str) -> None:
        """Record the end."""
        self.status = "completed"
        self.conclusion = conclusion
        self.completed_at = now()

    def succeed_after(self, seconds: float) -> None:
        """Start, and complete with success when the time is over."""
        if self.status == "queued":
            self.start()
        over = (self.started_at or now()) + timedelta(seconds=seconds)
        if self.status == "in_progress" and now() >= over:
            self.complete("success")


@dataclass
class Issue:
    """An issue: `state` is OPEN or CLOSED, `labels` are names, `comments` texts by their ids."""

    number: int
    title: str
    body: str
    author: str
    state: str = "OPEN"
    labels: list[str] = field(default_factory=list)
    comments: dict[int, str] = field(default_factory=dict)
    comment_authors: dict[int, str] = field(default_factory=dict)  # of others than the viewer
    created_at: datetime = field(default_factory=now)

    @property
    def id(self) -> str:
        """The node id in GraphQL."""
        return f"{type(self).__name__}_{self.number}"


@dataclass
class Pull(Issue):
    """A pull request of the branch `head` to the branch `base`; `state` may be MERGED too.

    The branch is that of the fork of the owner `fork`, if there is one. `auto_merge` is the time
    when a merge was asked for that waits. `base_sha` is the commit of `base` before the merge,
    `checks` are those of the head by name.
    """

    head: str = ""
    base: str = ""
    head_sha: str = ""
    base_sha: str = ""
    merge_sha: str = ""
    merged_at: datetime | None = None
    is_draft: bool = False
    fork: str = ""
    awaits_approval: bool = False  # of its checks: a job has opened it
    auto_merge: datetime | None = None
    queued_at: datetime | None = None
    approvals: int = 0
    checks: dict[str, Execution] = field(default_factory=dict, compare=False)

    def follow(self, tip: str | None) -> None:
        """Take a new tip of the head, which has no checks yet; without any, close."""
        if not tip:
            self.state = "CLOSED"
        elif self.head_sha != tip:
            self.head_sha = tip
            self.checks = {}

    def check(self, name: str) -> Execution:
        """Return a check of the head; a new one is queued."""
        return self.checks.setdefault(name, Execution(name))

    def succeeded(self, name: str) -> bool:
        """Check whether a check of the head has succeeded."""
        return name in self.checks and self.checks[name].conclusion == "success"


@dataclass
class Release:
    """A release, in the words of the REST API."""

    id: int
    tag_name: str
    name: str
    body: str
    prerelease: bool = False
    draft: bool = False
    author: str = ""
    created_at: datetime = field(default_factory=now)

    @property
    def published_at(self) -> datetime | None:
        """The time of publication; a draft has none."""
        return None if self.draft else self.created_at

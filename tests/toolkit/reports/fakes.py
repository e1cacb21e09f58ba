"""A GitHub in memory, and a log on disk, for the reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.github.issues import Issue
from tasks.toolkit.incident.log import IncidentLog

SLUG = "stianfro/threek8s"


class Issues:
    """Issues by number, and comments by id; `only_planned` makes every change one of a dry run."""

    def __init__(self) -> None:
        self.by_number: dict[int, Issue] = {}
        self.texts: dict[int, str] = {}
        self.labels: list[str] = []
        self.only_planned = False

    def create_labels(self, wanted: dict[str, str]) -> None:
        self.labels += wanted

    def create(self, title: str, body: str, labels: list[str]) -> int | None:
        if self.only_planned:
            return None
        number = 44 + len(self.by_number)
        url = f"https://github.com/{SLUG}/issues/{number}"
        created_at = datetime.now(UTC)
        issue = Issue(number, title, body, url, "OPEN", created_at, tuple(labels))
        self.by_number[number] = issue
        return number

    def edit(self, number: int, title: str, body: str) -> None:
        self.change(number, title=title, body=body)

    def change(self, number: int, **parts: Any) -> None:
        self.by_number[number] = replace(self.by_number[number], **parts)

    def get(self, number: int) -> Issue | None:
        return self.by_number.get(number)

    def with_labels(self, *labels: str, state: str = "open") -> list[Issue]:
        assert state == "all"
        return [one for one in self.by_number.values() if set(labels) <= set(one.labels)]

    def comments(self, number: int) -> dict[int, str]:
        assert number in self.by_number
        return dict(self.texts)

    def comment(self, number: int, text: str) -> None:
        assert number in self.by_number
        self.texts[100 + len(self.texts)] = text

    def edit_comment(self, comment_id: int, text: str) -> None:
        assert comment_id in self.texts
        self.texts[comment_id] = text

    def close(self, number: int) -> None:
        self.change(number, state="CLOSED")


class Releases:
    """The notes of releases by tag, the newest first."""

    def __init__(self, notes: dict[str, str]) -> None:
        self.by_tag = notes
        self.lost_edits = False

    def notes(self) -> dict[str, str]:
        return dict(self.by_tag)

    def newest(self, limit: int = 10) -> list[Any]:
        return [SimpleNamespace(tag=tag) for tag in list(self.by_tag)[:limit]]

    def edit_notes(self, tag: str, notes: str) -> bool:
        if not self.lost_edits:
            self.by_tag[tag] = notes
        return True


def project_with(issues: Issues, releases: Releases | None = None) -> Any:
    """Return as much of a project as reports use."""
    github = SimpleNamespace(issues=issues, releases=releases)
    runner = SimpleNamespace(executor=Executor(dry_run=False))
    return SimpleNamespace(github=github, slug=SLUG, runner=runner)


def log_in(state: Path, *, dry_run: bool = False) -> IncidentLog:
    """Return the log of an invocation, without trigger results from before the incident."""
    state.mkdir(exist_ok=True)
    executor = Executor(dry_run=dry_run)
    return IncidentLog(executor, str, lambda: state, lambda: state / "triggers.jsonl")

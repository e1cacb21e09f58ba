"""What GitHub keeps beside code: issues, labels, releases. `github.GitHub` builds on it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .command import Program
from .pulls import time


@dataclass(frozen=True)
class Release:
    """A published release; `version` is its tag without a leading v."""

    tag: str
    published_at: datetime

    @property
    def version(self) -> str:
        """The version that the tag names."""
        return self.tag.removeprefix("v")


@dataclass(frozen=True)
class Issue:
    """An issue; `labels` are names."""

    number: int
    title: str
    body: str
    url: str
    state: str
    created_at: datetime
    labels: tuple[str, ...]

    @classmethod
    def of(cls, data: dict[str, Any]) -> Issue:
        """Build from what `gh issue --json` answers."""
        labels = tuple(label["name"] for label in data["labels"])
        return cls(data["number"], data["title"], data["body"], data["url"], data["state"], time(data["createdAt"]), labels)


INCIDENT_LABEL = "type: incident"
ISSUE = "number,title,body,url,state,createdAt,labels"


class Tracker:
    """gh for the repository `slug` (owner/name)."""

    slug: str
    _gh: Program

    def releases(self, limit: int = 10) -> list[Release]:
        """Return the newest releases, newest first, without drafts and pre-releases."""
        fields = "tagName,publishedAt,isDraft,isPrerelease"
        said = json.loads(self._gh.read("release", "list", "--repo", self.slug, "--limit", str(limit), "--json", fields).stdout)
        found = [Release(one["tagName"], time(one["publishedAt"])) for one in said if not one["isDraft"] and not one["isPrerelease"]]
        return sorted(found, key=lambda release: release.published_at, reverse=True)

    def issues(self, *labels: str, state: str = "open") -> list[Issue]:
        """Return the newest 100 issues that have all the labels, newest first."""
        options = [f"--label={label}" for label in labels]
        said = self._gh.read("issue", "list", "--repo", self.slug, "--state", state, "--limit", "100", *options, "--json", ISSUE)
        return [Issue.of(data) for data in json.loads(said.stdout)]

    def merged_since(self, since: datetime) -> list[tuple[int, str, list[str]]]:
        """Return the pull requests merged since a time, newest first: number, title, files (100 at the most)."""
        fields = "number,title,mergedAt,files"
        said = self._gh.read("pr", "list", "--repo", self.slug, "--state", "merged", "--limit", "30", "--json", fields)
        pulls = sorted(json.loads(said.stdout), key=lambda pull: str(pull["mergedAt"]), reverse=True)
        return [
            (pull["number"], pull["title"], [file["path"] for file in pull["files"]]) for pull in pulls if time(pull["mergedAt"]) >= since
        ]

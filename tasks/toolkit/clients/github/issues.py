"""What GitHub keeps beside code: issues, labels, releases, packages. `github.GitHub` builds on it."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ...core.errors import RecipeError, ServiceError
from ...core.versions import version_of_tag
from ..process import Program, ProgramOutput
from .pulls import PR_FIELDS, PullRequest, parse_time


@dataclass(frozen=True)
class Release:
    """A published release; `version` is what its tag names."""

    tag: str
    published_at: datetime

    @property
    def version(self) -> str:
        """The version that the tag names."""
        return version_of_tag(self.tag)


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
        return cls(
            data["number"],
            data["title"],
            data["body"],
            data["url"],
            data["state"],
            parse_time(data["createdAt"]),
            labels,
        )


INCIDENT_LABEL = "type: incident"
ISSUE = "number,title,body,url,state,createdAt,labels"


class Tracker:
    """gh for the repository `slug` (owner/name)."""

    slug: str
    _gh: Program

    def _ask(self, *args: str) -> Any:
        """Return what gh answers in JSON; nothing is an empty list. Raises ServiceError for anything else."""
        said = self._gh.read(*args).stdout
        try:
            return json.loads(said or "[]")
        except ValueError as error:
            raise ServiceError(
                f"gh {' '.join(args[:2])} answered what is not JSON",
                "run the same command again in a minute",
            ) from error

    def _pages(self, path: str, fields: str) -> list[Any]:
        """Return the fields (as jq names them) of all that a REST list has, each page of it: older gh joins pages to what is no JSON."""
        said = self._gh.read(
            "api", f"{path}?per_page=100", "--paginate", "--jq", f".[] | {{{fields}}}"
        ).stdout
        return [json.loads(line) for line in said.split("\n") if line]

    def releases(self, limit: int = 10) -> list[Release]:
        """Return the newest releases, newest first, without drafts and pre-releases."""
        options = [
            "--exclude-drafts",
            "--exclude-pre-releases",
            "--limit",
            str(limit),
            "--json",
            "tagName,publishedAt",
        ]
        said = self._ask("release", "list", "--repo", self.slug, *options)
        found = [Release(one["tagName"], parse_time(one["publishedAt"])) for one in said]
        return sorted(found, key=lambda release: release.published_at, reverse=True)

    def notes(self) -> dict[str, str]:
        """Return the notes of all releases by their tags, newest first, with pre-releases; drafts are none."""
        said = self._pages(f"repos/{self.slug}/releases", "tag_name, body, draft")
        return {
            release["tag_name"]: release["body"] or "" for release in said if not release["draft"]
        }

    def edit_notes(self, tag: str, notes: str) -> None:
        """Give a release other notes, to the byte."""
        argv = ("release", "edit", tag, "--repo", self.slug, "--notes-file", "-")
        self._gh.change(*argv, stdin=notes, shown=f"printf %s {shlex.quote(notes)} | {{}}")

    def has_release(self, tag: str) -> bool:
        """Tell whether there is a release of a tag; one whose tag was deleted is a draft now, and counts."""
        try:
            self._gh.read("release", "view", tag, "--repo", self.slug, "--json", "tagName")
        except RecipeError as error:
            if "release not found" in str(error):
                return False
            raise
        return True

    def delete_release(self, tag: str) -> None:
        """Delete a release; its tag stays."""
        self._gh.change("release", "delete", tag, "--repo", self.slug, "--yes")

    def delete_package_version(self, repository: str, digest: str) -> None:
        """Delete what GHCR, which has no API of its own for it, holds by a digest: https://docs.github.com/en/rest/packages/packages.

        Raises ServiceError when GitHub lists no version with that digest.
        """
        owner, _, package = repository.partition("/")
        versions = (
            f"{self.kind_of(owner)}/{owner}/packages/container/{quote(package, safe='')}/versions"
        )
        query = f'.[] | select(.name == "{digest}") | .id'
        numbers = self._gh.read(
            "api", f"{versions}?per_page=100", "--paginate", "--jq", query
        ).stdout.split()
        if not numbers:
            raise ServiceError(
                f"GitHub lists no version {digest} of the package {package}",
                "run the same command again in a minute",
            )
        for number in numbers:
            self._gh.change("api", "--method=DELETE", f"{versions}/{number}")

    def kind_of(self, owner: str) -> str:
        """Return how GitHub's addresses begin for what an owner has: `orgs` or `users`."""
        kind = self._gh.read("api", f"users/{owner}", "--jq", ".type").stdout.strip()
        return "orgs" if kind == "Organization" else "users"

    def open_since(self, time: datetime) -> list[Issue]:
        """Return the open issues that were opened since a time (aware, in UTC), newest first: 1000, where GitHub's search ends."""
        options = [
            "--search",
            f"created:>={time:%Y-%m-%dT%H:%M:%SZ}",
            "--limit",
            "1000",
            "--json",
            ISSUE,
        ]
        said = self._ask("issue", "list", "--repo", self.slug, "--state", "open", *options)
        return sorted(
            (Issue.of(data) for data in said),
            key=lambda issue: (issue.created_at, issue.number),
            reverse=True,
        )

    def issues(self, *labels: str, state: str = "open") -> list[Issue]:
        """Return the newest 100 issues that have all the labels, newest first."""
        options = [f"--label={label}" for label in labels]
        said = self._ask(
            "issue",
            "list",
            "--repo",
            self.slug,
            "--state",
            state,
            "--limit",
            "100",
            *options,
            "--json",
            ISSUE,
        )
        return [Issue.of(data) for data in said]

    def issue(self, number: int) -> Issue | None:
        """Return an issue, or nothing if it was deleted."""
        try:
            return Issue.of(
                self._ask("issue", "view", str(number), "--repo", self.slug, "--json", ISSUE)
            )
        except RecipeError as error:
            if "Could not resolve to an " in str(error):
                return None
            raise

    def closed(self, issue: int) -> bool:
        """Tell whether an issue is closed, asking for a few seconds at the most."""
        argv = (
            "issue",
            "view",
            str(issue),
            "--repo",
            self.slug,
            "--json",
            "state",
            "--jq",
            ".state",
        )
        return self._gh.read(*argv, limit=10).stdout.strip() == "CLOSED"

    def make_labels(self, wanted: dict[str, str]) -> None:
        """Make the labels (name and colour) that the repository has not."""
        said = self._ask("label", "list", "--repo", self.slug, "--limit", "500", "--json", "name")
        there = {label["name"].lower() for label in said}
        for name in [name for name in wanted if name.lower() not in there]:
            self._gh.change(
                "label", "create", name, "--repo", self.slug, f"--color={wanted[name]}", "--force"
            )

    def open_issue(self, title: str, body: str, labels: list[str]) -> int:
        """Open an issue and return its number; 0 in a dry run. Raises ServiceError when GitHub does not say it."""
        options = [f"--title={title}", *(f"--label={label}" for label in labels)]
        said = self._write(body, "issue", "create", "--repo", self.slug, *options).stdout.strip()
        number = said.rpartition("/")[2]
        if not number.isdecimal() and not self._gh.commands.dry:
            raise ServiceError(
                "GitHub answered without the new issue's URL",
                "look whether it is there, then run the same command again",
            )
        return int(number or 0)

    def edit_issue(self, number: int, title: str, body: str) -> None:
        """Give an issue another title and text."""
        self._write(body, "issue", "edit", str(number), "--repo", self.slug, f"--title={title}")

    def comments(self, number: int) -> dict[int, str]:
        """Return the texts of an issue's comments by their ids, oldest first."""
        found = self._pages(f"repos/{self.slug}/issues/{number}/comments", "id, body")
        return {comment["id"]: comment["body"] or "" for comment in found}

    def edit_comment(self, comment: int, text: str) -> None:
        """Give the comment of that id another text."""
        argv = (
            "api",
            "--method=PATCH",
            f"repos/{self.slug}/issues/comments/{comment}",
            "--silent",
            "--field=body=@-",
        )
        self._gh.change(*argv, stdin=text, shown=f"printf %s {shlex.quote(text)} | {{}}")

    def comment(self, number: int, text: str) -> None:
        """Comment on an issue."""
        self._write(text, "issue", "comment", str(number), "--repo", self.slug)

    def _write(self, text: str, *args: str) -> ProgramOutput:
        """Hand a text over on stdin: as an argument of the shell it may be too long for the machine."""
        return self._gh.change(
            *args, "--body-file=-", stdin=text, shown=f"printf %s {shlex.quote(text)} | {{}}"
        )

    def close_issue(self, number: int) -> None:
        """Close an issue as completed."""
        self._gh.change("issue", "close", str(number), "--repo", self.slug, "--reason=completed")

    def merged_since(self, since: datetime) -> list[tuple[PullRequest, list[str]]]:
        """Return the pull requests merged since a time, newest first, each with its files (100 at the most)."""
        said = self._ask(
            "pr",
            "list",
            "--repo",
            self.slug,
            "--state",
            "merged",
            "--limit",
            "30",
            "--json",
            f"{PR_FIELDS},files",
        )
        found = [(PullRequest.of(data), [file["path"] for file in data["files"]]) for data in said]
        newest = sorted(found, key=lambda one: str(one[0].merged_at), reverse=True)
        return [
            (pull, files) for pull, files in newest if pull.merged_at and pull.merged_at >= since
        ]

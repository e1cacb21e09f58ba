"""The releases of a repository and their notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...core.recent import Recent
from ..process import ProgramOutput
from ..retry import nothing_found
from .answers import check_answer
from .gh import REPOSITORY, Gh
from .pulls import parse_time

LISTED = 100
RELEASE_FIELDS = "tagName,publishedAt,isDraft,isPrerelease"
# `gh release list` asks first which fields GitHub knows.
# https://docs.github.com/en/graphql/reference/objects#release
NEWEST = f"""
query($owner: String!, $name: String!) {{
  repository(owner: $owner, name: $name) {{
    releases(first: {LISTED}, orderBy: {{field: CREATED_AT, direction: DESC}}) {{
      nodes {{ {RELEASE_FIELDS.replace(",", " ")} }}
    }}
  }}
}}"""


@dataclass(frozen=True)
class Release:
    """A release: its tag, when it was published, its version, and the commit that the tag names."""

    tag: str
    published_at: datetime
    version: str = ""
    commit: str = ""


class Releases:
    """The releases of the repository of `gh`."""

    def __init__(self, gh: Gh) -> None:
        self._gh = gh
        self._listed = Recent(self._list)

    def listed(self, max_age: float = 0) -> Mapping[str, datetime | None]:
        """Return when each of the newest 100 releases was published, by tag, newest first.

        There is no such time for a draft and for a pre-release, which users do not get.
        They were read at most `max_age` seconds ago.
        """
        return self._listed.get(max_age)

    def _list(self) -> Mapping[str, datetime | None]:
        answer = self._gh.ask_graphql(NEWEST, f"{REPOSITORY}.releases.nodes")
        check_answer("gh api graphql", answer, RELEASE_FIELDS.split(","), is_list=True)
        return {data["tagName"]: time_of_release(data) for data in answer}

    def notes(self) -> dict[str, str]:
        """Return the notes of all releases but drafts by tag, newest first."""
        path = f"repos/{self._gh.slug}/releases"
        notes = {}
        for release in self._gh.pages(path, "tag_name, body, draft"):
            if not release["draft"]:
                notes[release["tag_name"]] = release["body"] or ""
        return notes

    def newest_notes(self) -> dict[str, str]:
        """Return the notes of the newest 100 releases by tag, newest first.

        Those of drafts and pre-releases, which users do not get, are left out.
        """
        fields = ["tag_name", "body", "draft", "prerelease"]
        path = f"repos/{self._gh.slug}/releases?per_page={LISTED}"
        answer = self._gh.ask("api", path, "--jq", f"[.[] | {{{', '.join(fields)}}}]")
        listed = check_answer(f"gh api {path}", answer, fields, is_list=True)
        released = [one for one in listed if not one["draft"] and not one["prerelease"]]
        return {one["tag_name"]: one["body"] or "" for one in released}

    def notes_of(self, tag: str) -> str:
        """Return the notes of the release of a tag; nothing if there is no such release."""
        argv = ["release", "view", tag]
        found = self._gh.find_fields("body", *argv, missing="release not found")
        return (found["body"] or "") if found else ""

    def edit_notes(self, tag: str, notes: str) -> bool:
        """Replace the notes of a release, to the byte; return False if that was only planned."""
        argv = [
            "release",
            "edit",
            tag,
            "--repo",
            self._gh.slug,
            "--notes-file",
            "-",
        ]
        output = self._gh.write_text(
            notes,
            *argv,
            find_outcome=nothing_found,
            kind="release note edit",
        )
        return output is not None

    def exists(self, tag: str) -> bool:
        """Return whether a tag has a release; a deleted tag makes it a draft, which counts."""
        argv = ["release", "view", tag]
        found = self._gh.find_fields("tagName", *argv, missing="release not found")
        return found is not None

    def delete(self, tag: str) -> None:
        """Delete a release; its tag stays."""

        def find_outcome() -> ProgramOutput | None:
            return None if self.exists(tag) else ProgramOutput(0, "", "")

        argv = ["release", "delete", tag, "--yes"]
        self._gh.change(*argv, find_outcome=find_outcome, kind="deletion")
        self._listed.forget()


def time_of_release(data: Mapping[str, Any]) -> datetime | None:
    """Return when a release was published, from the JSON of gh; None if users do not get it."""
    is_released = not data["isDraft"] and not data["isPrerelease"]
    published_at = data["publishedAt"] if is_released else None
    return parse_time(published_at) if published_at else None

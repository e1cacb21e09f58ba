"""The releases of a repository and their notes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...core.versions import version_of_tag
from ..process import ProgramOutput
from ..retry import nothing_found
from .gh import Gh
from .pulls import parse_time


@dataclass(frozen=True)
class Release:
    """A published release."""

    tag: str
    published_at: datetime

    @classmethod
    def parse(cls, data: dict[str, Any]) -> Release:
        """Build a release from the JSON of gh."""
        published_at = parse_time(data["publishedAt"])
        return cls(data["tagName"], published_at)

    @property
    def version(self) -> str:
        """The version that the tag names."""
        return version_of_tag(self.tag)


class Releases:
    """The releases of the repository of `gh`."""

    def __init__(self, gh: Gh) -> None:
        self._gh = gh

    def newest(self, limit: int = 10) -> list[Release]:
        """Return the newest releases, newest first, without drafts and pre-releases."""
        options = ["--exclude-drafts", "--exclude-pre-releases", f"--limit={limit}"]
        answer = self._gh.ask_fields("tagName,publishedAt", "release", "list", *options)
        releases = [Release.parse(data) for data in answer]
        releases.sort(key=lambda release: release.published_at, reverse=True)
        return releases

    def notes(self) -> dict[str, str]:
        """Return the notes of all releases but drafts by tag, newest first."""
        path = f"repos/{self._gh.slug}/releases"
        notes = {}
        for release in self._gh.pages(path, "tag_name, body, draft"):
            if not release["draft"]:
                notes[release["tag_name"]] = release["body"] or ""
        return notes

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
        output = self._gh.write_text(notes, *argv, find_outcome=nothing_found)
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

        self._gh.change("release", "delete", tag, "--yes", find_outcome=find_outcome)

"""Releases and their tags: https://docs.github.com/en/repositories/releasing-projects-on-github."""

from __future__ import annotations

from collections.abc import Iterable

from .records import Refusal, Release
from .repository import Repository


def ensure_new(releases: Iterable[Release], tag: str) -> None:
    """Raise Refusal if there is a release of a tag."""
    if any(release.tag_name == tag for release in releases):
        detail = {"resource": "Release", "code": "already_exists", "field": "tag_name"}
        raise Refusal("Validation Failed", **detail)


def make_tag(repository: Repository, tag: str, target: str) -> None:
    """Make a tag at `target`, by default the default branch.

    If the tag is there, it stays where it is.
    """
    ref = f"refs/tags/{tag}"
    if ref not in repository.refs():
        repository.git("tag", tag, target or repository.default_branch)

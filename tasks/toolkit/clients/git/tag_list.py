"""The tags at origin with their commits and times, however many there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ..program import Program
from .cli import fetch_from_origin, objects_at_origin

KIND = "%(if)%(*objecttype)%(then)%(*objecttype)%(else)%(objecttype)%(end)"
LATEST = 253402300799  # the last second of the year 9999, after which there is no datetime
FORMAT = f"%(objectname) %(*objectname) {KIND} %(creatordate:unix) %(refname:strip=2)"


@dataclass(frozen=True)
class OriginTag:
    """A tag as it is at origin; `time` is that of the tag, or of its commit if it has none."""

    name: str
    commit: str
    time: datetime


def list_tags(git: Program, remote: Program) -> list[OriginTag]:
    """Return the tags at origin that name commits, newest first; fetch what the clone lacks."""
    objects = objects_at_origin(remote, "tags")
    local = {name for name, _, _ in _local_tags(git)}
    if any(name not in local for name in objects):
        fetch_from_origin(remote, "--tags", "origin", check=False)
    tags = []
    moved = dict(objects)
    for name, sha, tag in _local_tags(git):
        if objects.get(name) != sha:
            continue
        if tag is None or tag.commit:
            del moved[name]
        if tag and tag.commit:
            tags.append(tag)
    if moved:  # a tag of the clone stays as it is
        tags += _fetch_moved(git, remote, moved)
    return _newest_first(tags)


def list_local_tags(git: Program) -> list[OriginTag]:
    """Return the tags of the clone that name commits, newest first, as if origin had them."""
    tags = []
    for _, _, tag in _local_tags(git):
        if tag and tag.commit:
            tags.append(tag)
    return _newest_first(tags)


def _newest_first(tags: list[OriginTag]) -> list[OriginTag]:
    # Of tags of one second the higher version is the newer one.
    return sorted(tags, key=lambda tag: (tag.time, _with_numbers(tag.name)), reverse=True)


def _with_numbers(name: str) -> list[tuple[int, str]]:
    """Return the parts of a name, to be compared so that v1.10.0 comes after v1.9.0."""
    parts = re.split(r"([0-9]+)", name)
    return [(len(part), part) if part.isdecimal() else (0, part) for part in parts]


def _local_tags(git: Program) -> Iterator[tuple[str, str, OriginTag | None]]:
    """Yield the name and the object of each tag here, with the tag if it is one of a commit.

    Its commit is empty if it is the tag of a tag.
    """
    listed = git.read("for-each-ref", f"--format={FORMAT}", "refs/tags").stdout
    for line in listed.split("\n")[:-1]:
        sha, peeled, kind, seconds, name = line.split(" ", 4)
        tag = None
        if kind in ("commit", "tag"):
            commit = (peeled or sha) if kind == "commit" else ""
            tag = OriginTag(name, commit, _time(seconds))
        yield name, sha, tag


def _fetch_moved(git: Program, remote: Program, objects: dict[str, str]) -> Iterator[OriginTag]:
    """Fetch tags by the objects that they name at origin, and yield them."""
    refs = [f"refs/tags/{name}" for name in objects]
    fetch_from_origin(remote, "--no-tags", "origin", *refs)
    for name, sha in objects.items():
        argv = ["log", "--no-show-signature", "-1", "--format=%H %ct", f"{sha}^{{commit}}", "--"]
        commit, _, seconds = git.text(*argv, check=False).partition(" ")
        if seconds:
            yield OriginTag(name, commit, _time(seconds))


def _time(seconds: str) -> datetime:
    return datetime.fromtimestamp(min(int(seconds), LATEST), UTC)

"""Semantic versions, as helm understands them: https://semver.org."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from .errors import BadInput

if TYPE_CHECKING:
    from semver import Version

LONGEST = 128  # characters, as of a tag in a registry


@cache
def version_type() -> type[Version]:
    """Return the type of versions; its package is imported when the first one is read."""
    from semver import Version  # noqa: PLC0415

    return Version


def parse_version(text: str) -> Version:
    """Return a version. Raises ValueError."""
    return version_type().parse(text)


def semantic_version(text: str, where: str) -> str:
    """Return `text` if it is a complete semantic version, such as 1.7.0.

    Raises BadInput that says `where` the text is.
    """
    if is_version(text):
        return text
    if len(text) > LONGEST:
        advice = f"use at most {LONGEST} characters, for example 1.7.1"
        raise BadInput(f"{where} has {len(text)} characters", advice)
    what = f"{where} {text!r} is not a semantic version"
    hint = "it needs three numbers"
    if re.match(r"v\d", text):
        hint = "leave out the v"
    raise BadInput(what, f"{hint}, for example 1.7.1")


def is_version(text: str) -> bool:
    """Return whether a version can be used; the pattern of semver takes digits of any script."""
    return len(text) <= LONGEST and text.isascii() and version_type().is_valid(text)


def is_prerelease(version: str) -> bool:
    """Return whether a version is one that users get only if they ask for it."""
    return is_version(version) and bool(parse_version(version).prerelease)


def is_never_released(version: str) -> bool:
    """Return whether no release has such a version, so that it can only be a test's."""
    return version.startswith("999.")


def same_precedence(one: str, other: str) -> bool:
    """Return whether two versions have the same precedence: https://semver.org/#spec-item-11."""
    try:
        return parse_version(one).compare(other) == 0
    except ValueError:
        return one == other


def is_higher(one: str, other: str) -> bool:
    """Return whether `one` has a higher precedence than `other`; False if either is no version."""
    try:
        return parse_version(one).compare(other) > 0
    except ValueError:
        return False


def is_breaking(before: str, after: str) -> bool:
    """Return whether a version may break with another, by its major version, or by a minor 0.x."""
    old, new = parse_version(before), parse_version(after)
    if old.major or new.major:
        return old.major != new.major
    return old.minor != new.minor


def published_versions(tags: list[str]) -> list[Version]:
    """Return those of a registry's tags that helm takes as versions."""
    versions = []
    for tag in tags:
        text = tag.replace("_", "+")  # a tag cannot contain a +
        if is_version(text):
            versions.append(parse_version(text))
    return versions


def newest_release(tags: list[str]) -> str:
    """Return the highest release among `tags`, or "" if there is none.

    That is the version that helm takes when none is given.
    """
    versions = published_versions(tags)
    releases = []
    for version in versions:
        if not version.prerelease:
            releases.append(version)
    highest = max(releases, default="")
    return str(highest)


def nearest_versions(version: str, tags: list[str], most: int = 2) -> list[str]:
    """Return the published versions next to one: at most `most` below it, and as many above.

    If `version` is no version, return the highest ones.
    """
    published = sorted(set(published_versions(tags)))
    if not is_version(version):
        return [str(other) for other in published[-most:]]
    wanted = parse_version(version)
    below = [other for other in published if other < wanted]
    above = [other for other in published if other > wanted]
    return [str(other) for other in below[-most:] + above[:most]]


def next_free(version: str, tags: list[str]) -> str:
    """Return the lowest version above `version` that is not among `tags`.

    After a release that is a patch release, after a pre-release the next pre-release.
    """
    taken = published_versions(tags)
    candidate = _bump(parse_version(version))
    while candidate in taken:  # builds of a version are equal
        candidate = _bump(candidate)
    return str(candidate)


def _bump(version: Version) -> Version:
    if version.prerelease:
        return version.bump_prerelease()
    return version.bump_patch()

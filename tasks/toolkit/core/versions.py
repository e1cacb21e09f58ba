"""Semantic versions, as helm understands them."""

from __future__ import annotations

import re

import semver

from .errors import BadInput


def semantic_version(text: str, where: str) -> str:
    """Return `text` if it is a whole semantic version (https://semver.org), such as 1.7.0. Raises BadInput, naming `where` it stood."""
    if not semver.Version.is_valid(text):
        hint = "leave out the v" if re.match(r"v\d", text) else "three numbers are needed"
        raise BadInput(f"{where} {text!r} is not a semantic version", f"{hint}, for example 1.7.1")
    return text


def same_precedence(one: str, other: str) -> bool:
    """Tell whether two versions have the same precedence: https://semver.org/#spec-item-11."""
    try:
        return semver.Version.parse(one).compare(other) == 0
    except ValueError:
        return one == other


def is_higher(one: str, other: str) -> bool:
    """Tell whether a version has a higher precedence than another; what is no version has none."""
    return (
        semver.Version.is_valid(one)
        and semver.Version.is_valid(other)
        and semver.Version.parse(one).compare(other) > 0
    )


def version_of_tag(tag: str) -> str:
    """Return the version that the tag of a release names: v1.7.0 and chart-v1.7.0 name 1.7.0, and 1.7.0 itself."""
    return re.sub(r"^([a-z-]+-)?v(?=\d)", "", tag)


def published_versions(tags: list[str]) -> list[semver.Version]:
    """Return those of a registry's tags that are versions to helm."""
    return [
        semver.Version.parse(text)
        for tag in tags
        if semver.Version.is_valid(text := tag.replace("_", "+"))
    ]


def newest_release(tags: list[str]) -> str:
    """Return the highest release among `tags`, the one that helm takes when no version is asked for, or nothing."""
    return str(
        max((found for found in published_versions(tags) if not found.prerelease), default="")
    )


def next_free(wanted: str, tags: list[str]) -> str:
    """Return the lowest version above `wanted` that is not among `tags`: a patch release, or, of a pre-release, the next of its kind."""
    found, taken = semver.Version.parse(wanted), published_versions(tags)
    while True:
        found = found.bump_prerelease() if found.prerelease else found.bump_patch()
        if found not in taken:  # builds of a version are equal
            return str(found)

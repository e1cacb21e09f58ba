"""Conventional commits, by which automation chooses versions.

https://www.conventionalcommits.org
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .versions import is_version, parse_version

TYPES = "build|chore|ci|deps|docs|feat|feature|fix|perf|refactor|revert|style|test"
HEADER = re.compile(rf"({TYPES})(\([^()]*\))?(!?): \S", re.I)
RELEASE = re.compile(r"(chore(\([^()]*\))?: )?release\b|chore\(release\): ", re.I)
BREAKING = re.compile(r"^BREAKING[ -]CHANGE: ", re.M)
RELEASE_AS = re.compile(r"^Release-As: *v?(\S+) *$", re.M | re.I)


def is_conventional(subject: str) -> bool:
    """Return whether a subject is `type: text`, with an optional scope and `!`."""
    return bool(HEADER.match(subject))


def are_conventional(subjects: Iterable[str]) -> bool:
    """Return whether most subjects are conventional; those of releases do not count."""
    written = [subject for subject in subjects if not RELEASE.match(subject)]
    conventional = [subject for subject in written if is_conventional(subject)]
    return 2 * len(conventional) > len(written)


def release_as(messages: Iterable[str]) -> str:
    """Return the version that the newest of the messages sets with `Release-As:`, or nothing."""
    for message in messages:
        found = RELEASE_AS.search(message)
        if found and is_version(found[1]):
            return found[1]
    return ""


def bumped(
    version: str,
    messages: Iterable[str],
    *,
    minor_if_breaking: bool = False,
    patch_if_feature: bool = False,
) -> str:
    """Return the version after `version` for the messages of the commits since; at least a patch.

    The two options are for what is breaking, or a feature, before 1.0.0.
    """
    current = parse_version(version).finalize_version()
    is_early = current.major == 0
    kinds = {_kind(message) for message in messages}
    if "breaking" in kinds and is_early and minor_if_breaking:
        return str(current.bump_minor())
    if "breaking" in kinds:
        return str(current.bump_major())
    if "feature" in kinds and not (is_early and patch_if_feature):
        return str(current.bump_minor())
    return str(current.bump_patch())


def _kind(message: str) -> str:
    header = HEADER.match(message)
    if not header:
        return ""
    if header[3] or BREAKING.search(message):
        return "breaking"
    return "feature" if header[1].lower() in ("feat", "feature") else "other"

"""The filters of the event `push`.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence

from .repository import Repository

Filters = Mapping[str, Sequence[str]]


def is_wanted(filters: Filters, repository: Repository, ref: str, before: str) -> bool:
    """Check the push of a branch or tag against filters; the branch was at `before`, if it was."""
    if not matches_ref(filters, ref):
        return False
    if not before or ref.startswith("refs/tags/"):
        return True
    return "paths" not in filters or matches_paths(filters, repository.changed_paths(before, ref))


def matches_ref(filters: Filters, ref: str) -> bool:
    """Check a pushed ref against the filters `branches` and `tags`."""
    if not filters.keys() & {"branches", "tags"}:
        return True
    kind = "tags" if ref.startswith("refs/tags/") else "branches"
    patterns = filters.get(kind, [])
    return any(_matches(pattern, short_name(ref)) for pattern in patterns)


def matches_paths(filters: Filters, changed: Iterable[str]) -> bool:
    """Check changed paths against the filter `paths`."""
    pairs = itertools.product(filters["paths"], changed)
    return any(_matches(pattern, path) for pattern, path in pairs)


def _matches(pattern: str, name: str) -> bool:
    """Check a name against a pattern, in which `*` matches no slash and `**` does."""
    regex = re.escape(pattern)
    regex = regex.replace(r"\*\*", ".*")
    regex = regex.replace(r"\*", "[^/]*")
    return bool(re.fullmatch(regex, name))


def short_name(ref: str) -> str:
    """Return the name of a branch or tag."""
    return ref.split("/", 2)[2]

"""Which pushes start a workflow: the filters of the event `push` for branches and tags.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .workflow_faults import as_names

KINDS = {"refs/heads/": "branches", "refs/tags/": "tags"}
_PART = re.compile(r"\*\*/|\*\*|\*|\[[^\]]*\]|\\.|.", re.DOTALL)
_SPECIAL = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "?", "+": "+"}
_LITERAL = re.compile(r"[^*?+\[\\!]*(?![?+])")  # what ? or + follows is not always there


def starts_on_push(filters: Mapping[str, Any], ref: str) -> bool:
    """Return whether the push of a branch or tag, given as a full ref, passes the filters."""
    filtered = {key.removesuffix("-ignore") for key in filters}
    if not filtered & set(KINDS.values()):
        return True
    for start, kind in KINDS.items():
        if not ref.startswith(start):
            continue
        name = ref.removeprefix(start)
        if kind in filters:
            patterns = as_names(filters[kind])
            return matches_any(patterns, name)
        ignore = f"{kind}-ignore"
        patterns = as_names(filters.get(ignore))
        return ignore in filters and not matches_any(patterns, name)
    return False


def matches_any(patterns: Sequence[str], name: str) -> bool:
    """Return whether a name matches patterns: the last one that fits decides, `!` excludes."""
    is_matched = False
    for pattern in patterns:
        excludes = pattern.startswith("!")
        if matches(pattern.removeprefix("!"), name):
            is_matched = not excludes
    return is_matched


def matches(pattern: str, name: str) -> bool:
    """Return whether a name matches one pattern; a malformed one matches nothing."""
    parts = []
    for part in _PART.findall(pattern):
        parts.append(_expression(part))
    expression = "".join(parts)
    try:
        found = re.fullmatch(expression, name)
    except re.error:
        return False
    return found is not None


def _expression(part: str) -> str:
    """Return the regular expression for one part of a pattern."""
    if part in _SPECIAL:
        return _SPECIAL[part]
    if part.startswith("[") and len(part) > 1:
        return part
    character = part.lstrip("\\")
    return re.escape(character)


def literal_start(pattern: str) -> str:
    """Return what every name that matches a pattern starts with."""
    found = _LITERAL.match(pattern)
    return found[0] if found else ""

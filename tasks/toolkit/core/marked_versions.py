"""Versions in lines that release-please's marks name.

https://github.com/googleapis/release-please/blob/main/docs/customizing.md
"""

from __future__ import annotations

import re

from .versions import parse_version

VERSION = re.compile(r"\d+\.\d+\.\d+(-[\w.]+)?(\+[-\w.]+)?", re.ASCII)
_SCOPES = r"(major|minor|patch|version)(?![\w-])"  # dates stay
_INLINE = re.compile(rf"x-release-please-{_SCOPES}")
_BLOCK = re.compile(rf"x-release-please-start-{_SCOPES}")
_BLOCK_END = "x-release-please-end"
_NUMBER = re.compile(r"\b\d+\b", re.ASCII)


def replace_marked(text: str, version: str) -> str:
    """Return a text with a version in the lines that have a mark, or are between two."""
    lines = []
    block = ""
    for line in text.split("\n"):
        inline = _INLINE.search(line)
        scope = inline[1] if inline else block
        if _BLOCK_END in line:
            block = ""
        elif not block:
            start = _BLOCK.search(line)
            block = start[1] if start else ""
        changed = line
        if scope:
            changed = _with_version(line, scope, version)
        lines.append(changed)
    return "\n".join(lines)


def _with_version(line: str, scope: str, version: str) -> str:
    if scope == "version":
        return VERSION.sub(version, line, count=1)
    parsed = parse_version(version)
    part = getattr(parsed, scope)
    return _NUMBER.sub(str(part), line, count=1)

"""A version is written where release-please's marks are, and nowhere else."""

from __future__ import annotations

import pytest

from tasks.toolkit.core.marked_versions import replace_marked

MARKED = [
    ("v: v1.6.0 # x-release-please-version", "v: v1.7.2 # x-release-please-version"),
    ("v: 1.6.0-rc.1 # x-release-please-version", "v: 1.7.2 # x-release-please-version"),
    ("major: 0 # x-release-please-major", "major: 1 # x-release-please-major"),
    ("minor: 6 # x-release-please-minor", "minor: 7 # x-release-please-minor"),
    ("patch: 0 # x-release-please-patch", "patch: 2 # x-release-please-patch"),
]
LEFT = ["v: 1.6.0", "v: 1.6 # x-release-please-version", "1.6.0 # x-release-please-date"]


@pytest.mark.parametrize(("line", "expected"), MARKED)
def test_a_marked_line_changes(line: str, expected: str) -> None:
    assert replace_marked(f"a: 1.6.0\n{line}\n", "1.7.2") == f"a: 1.6.0\n{expected}\n"


@pytest.mark.parametrize("line", LEFT)
def test_other_lines_stay(line: str) -> None:
    assert replace_marked(line, "1.7.2") == line


def test_the_lines_between_two_marks_change() -> None:
    text = (
        "1.6.0\n# x-release-please-start-version\na: 1.6.0\nb: 1.6.0\n# x-release-please-end\n1.6.0"
    )
    changed = replace_marked(text, "1.7.2").split("\n")
    assert changed[0] == changed[5] == "1.6.0"
    assert changed[2:4] == ["a: 1.7.2", "b: 1.7.2"]

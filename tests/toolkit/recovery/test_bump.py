"""The next version in Chart.yaml: which one, and the one line that changes."""

from __future__ import annotations

import pytest

from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.recovery.bump import choose_version, replace_values

NEXT = [
    ("1.6.1", [], "", "1.6.2"),
    ("1.6.1", ["patch"], "", "1.6.2"),
    ("1.6.1", ["minor"], "", "1.7.0"),
    ("1.6.1", ["major"], "", "2.0.0"),
    ("1.7.0-rc.1", [], "", "1.7.0"),
    ("v1.6.1", [], "1.9.0-rc.1", "1.9.0-rc.1"),
]


@pytest.mark.parametrize(("current", "parts", "to", "expected"), NEXT)
def test_the_next_version_is_of_the_part_that_is_asked_for(
    current: str, parts: list[str], to: str, expected: str
) -> None:
    assert choose_version(current, parts, to) == expected


BUMPED_ALREADY = [
    ("1.6.2", ["patch"], "1.6.1", "1.6.2"),
    ("1.8.0", ["patch"], "1.6.1", "1.8.0"),
    ("1.6.2", ["minor"], "1.6.1", "1.7.0"),
    ("1.7.0-rc.1", ["patch"], "1.6.1", "1.7.0"),
    ("1.6.1", ["patch"], "1.8.0", "1.6.2"),
]


@pytest.mark.parametrize(("current", "parts", "newest", "expected"), BUMPED_ALREADY)
def test_a_version_that_is_above_the_newest_release_is_the_next_one(
    current: str, parts: list[str], newest: str, expected: str
) -> None:
    assert choose_version(current, parts, "", newest) == expected


def test_a_version_is_given_in_full() -> None:
    with pytest.raises(BadInput, match="'next' is not a semantic version"):
        choose_version("1.6.1", [], "next")


def test_a_version_that_stands_for_another_has_no_next() -> None:
    with pytest.raises(BadInput, match="give the next one with --to"):
        choose_version("v0", [], "")


KEPT = [
    ("version: 1.6.1\n", "version: 1.7.0\n"),
    ("# x\nversion:  '1.6.1'  # keep: this\r\nname: a\r\n", "version:  '1.7.0'  # keep: this\r\n"),
    ("name: a\ndependencies:\n- version: 1.6.1\nversion: 1.6.1", "\nversion: 1.7.0"),
    ("version: 1.6.1\nkubeVersion: 1.6.1\n", "version: 1.7.0\nkubeVersion: 1.6.1\n"),
]


@pytest.mark.parametrize(("text", "expected"), KEPT)
def test_quotes_comments_and_all_other_lines_stay(text: str, expected: str) -> None:
    edited = replace_values(text, {"version": "1.7.0"}, "Chart.yaml")
    assert expected in edited
    before = text.splitlines()
    changed = [line for line in edited.splitlines() if line not in before]
    assert len(changed) == 1


def test_an_app_version_that_would_be_a_number_is_quoted() -> None:
    text = "version: 1.6.1\nappVersion: 1.6.1\n"
    edited = replace_values(text, {"appVersion": "1.10"}, "Chart.yaml")
    assert edited == 'version: 1.6.1\nappVersion: "1.10"\n'


UNCLEAR = [
    "name: a\n",
    "{name: a, version: 1.6.1}\n",
    "version: &x 1.6.1\nappVersion: *x\n",
    "version: 1.6.1\nversion: 1.6.1\n",
    "description: |\n  x\nVersion: 1.6.1\n",
]


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_is_not_one_plain_line_is_left_to_the_user(text: str) -> None:
    with pytest.raises(BadInput, match="correct it by hand"):
        replace_values(text, {"version": "1.7.0"}, "Chart.yaml")

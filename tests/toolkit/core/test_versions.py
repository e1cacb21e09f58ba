"""Versions, as helm understands them."""

from __future__ import annotations

import pytest

from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.core.versions import (
    is_breaking,
    is_higher,
    is_prerelease,
    is_version,
    nearest_versions,
    newest_release,
    next_free,
    same_precedence,
    semantic_version,
)


@pytest.mark.parametrize(
    "text", ["1.2", "v1.2.3", "latest", "1.2.3-", "01.2.3", "1.2.3\n", "-1.2.3", "$(id)"]
)
def test_an_incomplete_version_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is not a semantic version"):
        semantic_version(text, "--version")


def test_a_leading_v_is_named() -> None:
    with pytest.raises(BadInput, match=r"--version 'v1\.2\.3' .* leave out the v"):
        semantic_version("v1.2.3", "--version")


def test_the_newest_release_is_the_highest_by_precedence_not_by_spelling() -> None:
    tags = ["1.9.0", "1.10.0", "1.10.0_b.1", "2.0.0-rc.1", "latest", "v3.0.0"]
    assert newest_release(tags) in ("1.10.0", "1.10.0+b.1")
    assert newest_release(["1.0.0-rc.1", "latest"]) == ""


def test_builds_of_a_version_have_the_same_precedence() -> None:
    assert same_precedence("1.0.0+a", "1.0.0+b")
    assert not same_precedence("1.0.0", "1.0.1")
    assert same_precedence("latest", "latest")
    assert is_higher("1.10.0", "1.9.0")
    assert not is_higher("1.10.0", "1.10.0+b")
    assert not is_higher("1.10.0", "latest")
    assert not is_higher("latest", "1.10.0")


def test_a_version_is_one_of_semver_in_plain_digits_that_a_registry_can_hold() -> None:
    assert is_version("1.7.0")
    assert is_version("2026.11.26")
    assert not is_version("1.10")
    assert not is_version("1.7.\N{ARABIC-INDIC DIGIT ONE}")
    assert not is_version("1.7.0-" + "a" * 128)


def test_a_prerelease_is_a_version_with_a_name_for_it() -> None:
    assert is_prerelease("1.7.0-rc.1")
    assert not is_prerelease("1.7.0+build.5")
    assert not is_prerelease("rc-1")


def test_a_version_breaks_with_those_of_another_major_version_or_of_another_minor_0_x() -> None:
    assert is_breaking("1.9.0", "2.0.0")
    assert is_breaking("0.9.0", "1.0.0")
    assert is_breaking("0.8.1", "0.9.0")
    assert not is_breaking("1.8.1", "1.9.0")
    assert not is_breaking("0.8.1", "0.8.2")


NEXT_FREE = [
    ("1.7.0", ["1.7.0", "1.7.1_build.5"], "1.7.2"),
    ("1.7.0-rc.1", ["1.7.0-rc.1", "1.7.0-rc.2"], "1.7.0-rc.3"),
    ("1.7.0-rc", ["1.7.0-rc"], "1.7.0-rc.0"),
]


@pytest.mark.parametrize(
    ("version", "tags", "free"),
    NEXT_FREE,
)
def test_the_next_free_version_is_of_the_same_kind(
    version: str, tags: list[str], free: str
) -> None:
    assert next_free(version, tags) == free


def test_the_nearest_versions_are_those_next_to_one() -> None:
    tags = ["1.10.0", "1.6.0", "1.7.0_build.5", "1.6.1", "latest", "2.0.0", "2.1.0"]
    assert nearest_versions("1.6.9", tags) == ["1.6.0", "1.6.1", "1.7.0+build.5", "1.10.0"]
    assert nearest_versions("9.0.0", tags) == ["2.0.0", "2.1.0"]
    assert nearest_versions("nonsense", tags) == ["2.0.0", "2.1.0"]
    assert nearest_versions("1.0.0", []) == []

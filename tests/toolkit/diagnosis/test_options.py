"""The options of `recover`: which version is published, if any has to be."""

from __future__ import annotations

import shlex

import pytest

from tasks.toolkit.diagnosis.options import recover_options
from tasks.toolkit.diagnosis.releases import PlacedChart

from .values import chart

OPTIONS = [
    (False, "1.7.0", "1.7.0", "1.7.0", ""),
    (False, "1.7.0+build.5", "1.7.0", "1.7.0", ""),
    (True, "1.7.0", "1.7.0", "1.7.0", " --version next"),
    (True, "1.6.1", "1.7.0", "1.7.0", " --version next"),
    (False, "1.6.1", "1.7.0", "1.7.0", " --version 1.7.0"),
    (False, "1.6.1", "1.7.0", "1.6.1", " --version 1.7.0 --app-version 1.7.0"),
    (False, "1.7.0", "1.6.1", "1.7.0", " --app-version 1.7.0"),
    (True, "missing", "1.7.0", "missing", " --version next --app-version 1.7.0"),
]


@pytest.mark.parametrize(("is_taken", "tip_version", "tagged_app", "tip_app", "expected"), OPTIONS)
def test_versions_that_are_taken_or_differ_are_set_by_the_command(
    is_taken: bool,
    tip_version: str,
    tagged_app: str,
    tip_app: str,
    expected: str,
) -> None:
    tagged = PlacedChart("v1.7.0", "abc", chart("1.7.0", tagged_app))
    tip = PlacedChart("main", "def", chart(tip_version, tip_app))
    assert recover_options("1.7.0", "1.7.0", is_taken, tagged, tip) == expected


def test_an_app_version_of_its_own_is_left_as_it_is() -> None:
    placed = PlacedChart("main", "def", chart("1.7.0", "v9"))
    assert recover_options("1.7.0", "", False, placed, placed) == ""


def test_a_hostile_version_is_quoted_in_the_options() -> None:
    version = "1.7.0'$(id);x"
    other = PlacedChart("main", "tip", chart("1.6.0", "1.6.0"))
    options = shlex.split(recover_options(version, version, False, other, other))
    assert options == ["--version", version, "--app-version", version]

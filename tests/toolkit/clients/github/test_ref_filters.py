"""The filters of a push decide which branches and tags start a workflow."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.toolkit.clients.github.ref_filters import literal_start, matches, starts_on_push

MATCHING = [
    ("v*", "v1.7.0"),
    ("v[0-9]+.[0-9]+.[0-9]+", "v1.70.0"),
    ("v[12].*", "v2.0.0"),
    ("**", "a/b"),
    ("**/Chart.yaml", "Chart.yaml"),
    ("charts/**/Chart.yaml", "charts/a/b/Chart.yaml"),
    ("charts?-v*", "chart-v1.0.0"),
    (r"\*", "*"),
]
OTHERS = [
    ("v*", "1.7.0"),
    ("*", "a/b"),
    ("v[0-9]+.[0-9]+.[0-9]+", "v1.7.0-rc.1"),
    ("v1.7.0", "v1a7b0"),
    ("[", "v1"),
    ("[z-a]", "v"),
]


@pytest.mark.parametrize(("pattern", "name"), MATCHING)
def test_a_pattern_takes_a_name(pattern: str, name: str) -> None:
    assert matches(pattern, name)


@pytest.mark.parametrize(("pattern", "name"), OTHERS)
def test_a_pattern_leaves_other_names(pattern: str, name: str) -> None:
    assert not matches(pattern, name)


FILTERS = [
    ({}, True, True),
    ({"paths": ["charts/**"]}, True, True),
    ({"tags": ["v*"]}, False, True),
    ({"tags": "v*"}, False, True),
    ({"tags": ["v*", "!v1.*"]}, False, False),
    ({"tags": ["!v1.*", "v*"]}, False, True),
    ({"tags-ignore": ["v0.*"]}, False, True),
    ({"branches": ["main"]}, True, False),
    ({"branches-ignore": ["main"], "tags": ["chart-*"]}, False, False),
    ({"branches": ["release/**"], "tags": ["**"]}, False, True),
]


@pytest.mark.parametrize(("filters", "branch", "tag"), FILTERS)
def test_filters_of_one_kind_leave_out_the_other(
    filters: dict[str, Any], *, branch: bool, tag: bool
) -> None:
    assert starts_on_push(filters, "refs/heads/main") is branch
    assert starts_on_push(filters, "refs/tags/v1.7.0") is tag


@pytest.mark.parametrize(
    ("pattern", "start"),
    [("chart-v*", "chart-v"), ("v[0-9]+", "v"), ("charts?-*", "chart"), ("*", ""), ("!v*", "")],
)
def test_a_pattern_starts_as_all_its_names_do(pattern: str, start: str) -> None:
    assert literal_start(pattern) == start

"""Whether a chart's archive has what a revert changed."""

from __future__ import annotations

import pytest

from tasks.toolkit.diagnosis.published_revert import has_files

ARCHIVE = {"podinfo/Chart.yaml": "sha-1", "podinfo/values.yaml": "sha-2"}


CHANGES = [
    ({}, True),
    ({"values.yaml": "sha-2"}, True),
    ({"values.yaml": "sha-3"}, False),
    ({"Chart.yaml": "sha-3"}, True),
    ({"Chart.yaml": "sha-3", "values.yaml": "sha-3"}, False),
    ({"templates/new.yaml": "sha-4"}, False),
    ({"templates/deleted.yaml": ""}, True),
    ({"values.yaml": ""}, False),
]


@pytest.mark.parametrize(("changed", "expected"), CHANGES)
def test_an_archive_has_a_revert_if_each_changed_file_but_chart_yaml_is_the_same(
    changed: dict[str, str], expected: bool
) -> None:
    assert has_files(ARCHIVE, changed) is expected

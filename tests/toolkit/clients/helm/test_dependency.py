"""Dependencies as a chart declares them: where each is from, and the folders read for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.toolkit.clients.helm.dependency import (
    Dependency,
    local_dependencies,
    read_dependencies,
)

TEXT = """\
dependencies:
  - {name: one, version: ^1.0.0, repository: https://charts.example}
  - {name: two, version: 2, Repository: "@two"}
  - {name: three, version: 3.0.0}
  - nothing
"""


def test_dependencies_are_read_of_both_files_and_malformed_ones_left_out(tmp_path: Path) -> None:
    assert read_dependencies(tmp_path, "Chart.lock") == []
    (tmp_path / "Chart.lock").write_text(TEXT)
    assert read_dependencies(tmp_path, "Chart.lock") == [
        Dependency("one", "^1.0.0", "https://charts.example"),
        Dependency("two", "2", "@two"),
        Dependency("three", "3.0.0", ""),
    ]
    for text in ("[]", "dependencies: 1", "dependencies: {a: 1}", ""):
        (tmp_path / "Chart.yaml").write_text(text)
        assert read_dependencies(tmp_path, "Chart.yaml") == []


PLACES = [
    ("https://charts.example/a", True, ""),
    ("s3://bucket/charts", True, ""),
    ("git+https://example.org/x@charts", True, ""),
    ("oci://ghcr.io/owner/charts", False, ""),
    ("file://../common", False, ""),
    ("@stable", False, "stable"),
    ("alias:stable", False, "stable"),
    ("", False, ""),
]


@pytest.mark.parametrize(("repository", "has_index", "alias"), PLACES)
def test_helm_must_know_a_repository_with_an_index_or_by_its_name(
    repository: str,
    has_index: bool,
    alias: str,
) -> None:
    dependency = Dependency("common", "1.0.0", repository)
    assert dependency.has_index is has_index
    assert dependency.alias == alias


def test_folders_are_taken_from_both_files_if_they_exist(tmp_path: Path) -> None:
    chart = tmp_path / "chart"
    for folder in (chart, tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
    text = "dependencies: [{{name: x, repository: 'file://../{}'}}]"
    (chart / "Chart.yaml").write_text(text.format("one"))
    (chart / "Chart.lock").write_text(text.format("two"))
    assert local_dependencies(chart) == ["../one", "../two"]
    (tmp_path / "one").rmdir()
    assert local_dependencies(chart) == ["../two"]

"""Packaging: the versions that it takes, and the copy in which dependencies are built."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.recovery.package import copy_with_surroundings, ensure_well_formed


@pytest.mark.parametrize(
    ("version", "app_version"),
    [("", ""), ("1.7.1", ""), ("1.7.1-rc.1+build.5", "2024.1"), ("next", "v1.7_1")],
)
def test_well_formed_versions_are_taken(version: str, app_version: str) -> None:
    ensure_well_formed(version, app_version)


@pytest.mark.parametrize(
    ("version", "app_version", "reason"),
    [
        ("1.7", "", "--version '1.7' is not a semantic version"),
        ("v1.7.1", "", "leave out the v"),
        ("", "-x;id", "--app-version '-x;id' is not a version"),
        ("", "1.7.1\n", "is not a version"),
    ],
)
def test_other_versions_are_refused(version: str, app_version: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        ensure_well_formed(version, app_version)


@pytest.mark.parametrize("chart_dir", ["helm/podinfo", "."])
def test_a_copied_chart_finds_what_is_beside_it_and_can_be_changed(
    tmp_path: Path,
    chart_dir: str,
) -> None:
    top = tmp_path / "clone"
    chart = top / chart_dir
    chart.mkdir(parents=True)
    (top / ".git").mkdir()
    (chart / "Chart.yaml").write_text("name: podinfo\n")
    common = chart.parent / "common"
    common.mkdir()
    (common / "Chart.yaml").write_text("name: common\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for _ in range(2):
        copy = copy_with_surroundings(top, chart_dir, scratch)
        (copy / "charts").mkdir()
        assert (copy / "Chart.yaml").read_text() == "name: podinfo\n"
        assert not (copy / ".git").exists()
        if chart_dir != ".":
            assert (copy / "../common/Chart.yaml").read_text() == "name: common\n"
    assert not (chart / "charts").exists()

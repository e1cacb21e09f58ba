"""Which charts are published: no examples and fixtures, no library charts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.toolkit.workflows.chart_candidates import chart_dir_entry, named_in, published_charts

FOLDERS = ["charts/api", "charts/common", "charts/web", "examples/small", "test/e2e/chart"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in FOLDERS:
        kind = "library" if folder == "charts/common" else "application"
        file = tmp_path / folder / "Chart.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(f"name: {file.parent.name}\nversion: 1.0.0\ntype: {kind}\n")
    return tmp_path


def chart_dir(folders: list[str], chosen: list[str]) -> str:
    names = {folder: folder for folder in folders}
    entry = chart_dir_entry(folders, chosen, names)
    return entry.value if entry.is_written else ""


def test_examples_fixtures_and_library_charts_are_left_out(root: Path) -> None:
    chosen = published_charts(root, FOLDERS)
    assert chosen == ["charts/api", "charts/web"]
    assert chart_dir(FOLDERS, chosen) == "charts/api,charts/web"  # charts/* has common too
    names = {folder: folder for folder in FOLDERS}
    source = chart_dir_entry(FOLDERS, chosen, names).source
    assert source.endswith("not charts/common, examples/small, test/e2e/chart")


def test_a_repository_of_examples_alone_keeps_them(root: Path) -> None:
    assert published_charts(root, ["examples/small"]) == ["examples/small"]


def test_one_chart_needs_no_setting_and_several_get_a_pattern() -> None:
    assert chart_dir(["helm/api"], ["helm/api"]) == ""
    assert chart_dir(["helm/api", "helm/web"], ["helm/api"]) == "helm/api"
    assert chart_dir(["helm/api", "helm/web"], ["helm/api", "helm/web"]) == "helm/*"
    assert chart_dir(["api", "web"], ["api", "web"]) == "api,web"


def test_the_chart_that_the_workflow_names_is_taken() -> None:
    folders = ["charts/api", "charts/api-web", "."]
    assert named_in(folders, "run: helm package ./charts/api --version x") == ["charts/api"]
    assert named_in(folders, "cd charts/api-web && helm package .")[0] == "charts/api-web"
    assert named_in(["charts/api", "charts/web"], "helm package charts/*") == [
        "charts/api",
        "charts/web",
    ]

"""Which charts CHART_DIR lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.incident.charts import chart_name, listed_folders
from tasks.toolkit.incident.facts import Facts

TRACKED = ["charts/app", "charts/app-crds", "charts/deep/er", "old/charts/app", "other/tool"]


@pytest.mark.parametrize(
    ("setting", "folders"),
    [
        ("charts/app,other/tool", ["charts/app", "other/tool"]),
        ("charts/*", ["charts/app", "charts/app-crds"]),
        ("./charts/app/,charts/new", ["charts/app", "charts/new"]),
        ("charts/*, charts/app", ["charts/app", "charts/app-crds"]),
        ("*/app*,other/tool", ["charts/app", "charts/app-crds", "other/tool"]),
    ],
)
def test_folders_have_commas_between_them_and_a_star_is_a_part_of_a_name(
    tmp_path: Path, setting: str, folders: list[str]
) -> None:
    assert listed_folders(tmp_path, setting, TRACKED) == folders


def test_a_pattern_without_a_chart_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no chart is in nothing/\*.*charts/app"):
        listed_folders(tmp_path, "nothing/*", TRACKED)


BROKEN = [
    ("name: api\nversion: 1.0.0\n", "api"),
    ("name: api\nversion: new\n", "api"),
    ('name: "api"\nversion: [\n', "api"),
    ("version: [\n", "folder"),
    (None, "folder"),
]


@pytest.mark.parametrize(("text", "name"), BROKEN)
def test_a_chart_has_a_name_though_its_chart_yaml_may_be_broken(
    tmp_path: Path, text: str | None, name: str
) -> None:
    (tmp_path / "folder").mkdir()
    if text:
        (tmp_path / "folder" / "Chart.yaml").write_text(text)
    assert chart_name(tmp_path, "folder") == name


def test_what_was_learned_is_kept_apart_by_chart() -> None:
    outcomes: list[dict[str, Any]] = [
        {"revert": 43, "good_commit": "c0ffee", "archive": "only.tgz"},
        {"chart": "api", "name": "api", "digest": "sha256:1"},
        {"chart": "web", "name": "web", "digest": "sha256:2", "issue": 44},
    ]
    api = Facts.from_data(outcomes, "api")
    assert (api.digest, api.good_commit, api.issue) == ("sha256:1", "c0ffee", 44)
    assert Facts.from_data(outcomes, "web").digest == "sha256:2"
    assert api.archive == ""
    only = Facts.from_data(outcomes)
    assert (only.archive, only.digest) == ("only.tgz", "")

"""Which charts CHART_DIR lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.incident.charts import listed_folders
from tasks.toolkit.incident.facts import Facts

TRACKED = ["charts/app", "charts/app-crds", "charts/deep/er", "other/tool"]


@pytest.mark.parametrize(
    ("setting", "folders"),
    [
        ("charts/app,other/tool", ["charts/app", "other/tool"]),
        ("charts/*", ["charts/app", "charts/app-crds"]),
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


def test_what_was_learned_is_kept_apart_by_chart() -> None:
    outcomes: list[dict[str, Any]] = [
        {"revert": 43, "good_commit": "c0ffee"},
        {"chart": "api", "name": "api", "digest": "sha256:1"},
        {"chart": "web", "name": "web", "digest": "sha256:2", "issue": 44},
    ]
    api = Facts.from_data(outcomes, "api")
    assert (api.digest, api.good_commit, api.issue) == ("sha256:1", "c0ffee", 44)
    assert Facts.from_data(outcomes, "web").digest == "sha256:2"
    assert Facts.from_data(outcomes).digest == ""

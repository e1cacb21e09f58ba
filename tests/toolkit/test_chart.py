"""Charts: what their Chart.yaml says, and archives that are none."""

from __future__ import annotations

import io
import tarfile

import pytest

from tasks.toolkit.clients.helm.chart import Chart, archive_contents
from tasks.toolkit.core.errors import BadInput, ServiceError


def test_what_yaml_takes_for_a_date_is_a_version_that_is_none() -> None:
    with pytest.raises(BadInput, match="'2024-99-99' is not a semantic version"):
        Chart.parse("name: x\nversion: 2024-99-99\n", "Chart.yaml")
    assert (
        Chart.parse("name: x\nversion: 1.0.0\nappVersion: 2024-01-31\n", "Chart.yaml").app_version
        == "2024-01-31"
    )


@pytest.mark.parametrize(
    "text",
    ["name: !!int x\n", "a: " + "[" * 5000, "a: 0b_\n"],
    ids=["no number", "too deep", "half a number"],
)
def test_what_cannot_be_read_is_not_yaml(text: str) -> None:
    with pytest.raises(BadInput, match="is not YAML"):
        Chart.parse(text, "Chart.yaml")


def test_an_app_version_that_is_left_empty_is_none() -> None:
    assert Chart.parse("name: x\nversion: 1.0.0\nappVersion:\n", "Chart.yaml").app_version == ""


@pytest.mark.parametrize(
    "about",
    [b"a: b: c", b"- a\n", b"name: \xe9\n", b"a: !!int x\n"],
    ids=["no YAML", "a list", "Latin-1", "no number"],
)
def test_an_archive_whose_chart_yaml_is_none_is_no_charts(about: bytes) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        info = tarfile.TarInfo("x/Chart.yaml")
        info.size = len(about)
        archive.addfile(info, io.BytesIO(about))
    with pytest.raises(ServiceError, match="not a chart's archive"):
        archive_contents(made.getvalue())


def test_an_archive_with_a_link_that_leads_nowhere_is_no_charts() -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        info = tarfile.TarInfo("x/link")
        info.type, info.linkname = tarfile.SYMTYPE, "nowhere"
        archive.addfile(info)
    with pytest.raises(ServiceError, match="not a chart's archive"):
        archive_contents(made.getvalue())

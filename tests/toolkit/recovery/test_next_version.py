"""The next version: above everything published or released, unless that is this chart already."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tasks.sandbox.registry import Registry
from tasks.toolkit.clients.helm.chart import Chart
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.next_version import find_next_version

from .charts import archive, publish

CHART = Chart("podinfo", "1.0.0", "6.0.0")
ONE = archive({"values.yaml": "replicas: 1\n"})
TWO = archive({"values.yaml": "replicas: 2\n"})


@pytest.fixture
def released(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the list of released versions, which a test may extend; the chart packages to ONE."""
    file = tmp_path / "rehearsal.tgz"
    file.write_bytes(ONE)
    versions: list[str] = []
    helm = SimpleNamespace(rehearse_package=lambda *_: file)
    newest = SimpleNamespace(newest=lambda: [SimpleNamespace(version=one) for one in versions])
    monkeypatch.setitem(vars(project), "helm", helm)
    monkeypatch.setitem(vars(project), "github", SimpleNamespace(releases=newest))
    return versions


def next_version(project: Project, tmp_path: Path) -> str:
    return find_next_version(project, tmp_path, CHART, [])


@pytest.mark.parametrize(
    ("published", "releases", "version"),
    [
        ([], [], "1.0.1"),
        (["1.0.0"], [], "1.0.1"),
        (["1.0.0", "1.4.2"], [], "1.4.3"),
        ([], ["1.5.0", "not-a-version"], "1.5.1"),
        (["1.0.0"], ["1.5.0-rc.1"], "1.5.1"),
        (["1.0.0", "1.0.1-rc.1"], [], "1.0.1"),
    ],
)
def test_the_next_version_is_above_what_is_published_or_released(
    project: Project,
    registry: Registry,
    released: list[str],
    tmp_path: Path,
    published: list[str],
    releases: list[str],
    version: str,
) -> None:
    for tag in published:
        publish(registry, tag, TWO)
    released += releases
    assert next_version(project, tmp_path) == version


def test_a_chart_that_is_the_newest_published_one_keeps_its_version(
    project: Project, registry: Registry, released: list[str], tmp_path: Path
) -> None:
    publish(registry, "1.0.0", TWO)
    publish(registry, "1.0.1", ONE)
    released.append("1.0.0")
    assert next_version(project, tmp_path) == "1.0.1"
    publish(registry, "1.0.2", TWO)
    assert next_version(project, tmp_path) == "1.0.3"

"""The next version: above everything published or released, unless that is this chart already."""

from __future__ import annotations

import pytest

from tasks.sandbox.registry import Registry
from tasks.sandbox.world import CHART, World
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.next_version import find_next_version, version_above

from .charts import PUBLISHED, archive, publish, put_foreign

OTHER = archive()
INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.mark.parametrize(
    ("names", "tags", "version"),
    [
        (["", "1.0.0"], [], "1.0.1"),
        (["1.4.2", "1.0.0"], ["1.0.0", "1.4.2"], "1.4.3"),
        (["", "1.0.0", "1.5.0", "not-a-version"], [], "1.5.1"),
        (["1.0.0", "1.0.0", "1.5.0-rc.1"], ["1.0.0"], "1.5.1"),
        (["1.0.0", "1.0.0"], ["1.0.0", "1.0.1-rc.1"], "1.0.1"),
        (["1.0.0", "1.0.0"], ["1.0.0", "1.0.1_build.5"], "1.0.2"),
    ],
)
def test_the_next_version_is_a_free_release_above_the_others(
    names: list[str],
    tags: list[str],
    version: str,
) -> None:
    assert version_above(names, tags) == version


def next_version(project: Project) -> str:
    folder = project.root / CHART
    chart = project.helm.read_chart(folder)
    return find_next_version(project, folder, chart, [])


def test_the_next_version_is_above_the_chart_what_is_published_and_what_is_released(
    world: World,
    project: Project,
    registry: Registry,
) -> None:
    assert next_version(project) == "1.6.1"
    publish(registry, "1.7.2", OTHER, PUBLISHED)
    assert next_version(project) == "1.7.3"
    put_foreign(registry, INDEX, {"manifests": []}, "1.7.5", PUBLISHED)
    assert next_version(project) == "1.7.6"
    world.github.create_release("1.9.0", "1.9.0", "")  # a tag that starts no workflow
    assert next_version(project) == "1.9.1"


def test_a_chart_that_is_the_newest_published_one_keeps_its_version(
    world: World,
    project: Project,
    registry: Registry,
) -> None:
    chart = world.clone / CHART
    packaged = project.helm.rehearse_package(chart, ["--version=1.6.1"])
    publish(registry, "1.6.0", OTHER, PUBLISHED)
    publish(registry, "1.6.1", packaged.read_bytes(), PUBLISHED)
    assert next_version(project) == "1.6.1"
    publish(registry, "1.6.2", OTHER, PUBLISHED)
    assert next_version(project) == "1.6.3"

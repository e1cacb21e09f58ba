"""The next version: above everything published or released, unless that is this chart already."""

from __future__ import annotations

import pytest

from tasks.sandbox.registry import Registry
from tasks.sandbox.world import CHART, World
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.automation import Automation
from tasks.toolkit.recovery.next_version import (
    NextVersion,
    beside_automation,
    find_next_version,
    version_above,
)

from .charts import PUBLISHED, archive, publish, put_foreign
from .conftest import remove_automation

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


@pytest.mark.parametrize(
    ("theirs", "free", "tags", "version"),
    [
        ("1.8.0", "1.7.1", [], "1.7.1"),
        ("2.0.0", "1.7.5", [], "1.7.5"),
        ("1.7.1", "1.7.1", [], "1.7.101"),
        ("1.7.1", "1.7.1", ["1.7.101", "1.7.102"], "1.7.103"),
        ("1.7.1", "1.7.102", ["1.7.101"], "1.7.102"),
        ("1.7.1", "1.8.1", [], "1.8.100"),
        ("1.7.120", "1.7.120", [], "1.7.220"),
        ("1.7.2", "1.7.1", [], "1.7.1"),
    ],
)
def test_a_version_by_hand_and_those_of_automation_do_not_collide(
    theirs: str,
    free: str,
    tags: list[str],
    version: str,
) -> None:
    found = beside_automation(Automation("release-please", theirs), free, tags)
    assert found.version == version
    assert f"release-please will release {theirs} next: {version} " in found.reason
    assert bool(found.advice) == (version != free or "102" in version)


def test_users_get_the_next_release_only_if_it_is_higher() -> None:
    found = beside_automation(Automation("release-please", "1.7.1"), "1.7.1", [])
    assert found.advice == (
        "users get 1.7.101 until a higher version is released: release 1.8.0, "
        "with the line `Release-As: 1.8.0` in the message of a commit"
    )
    other = beside_automation(Automation("semantic-release", "1.7.1"), "1.7.1", [])
    assert other.advice.endswith("release 1.8.0")


def found_version(project: Project) -> NextVersion:
    folder = project.root / CHART
    chart = project.helm.read_chart(folder)
    return find_next_version(project, folder, chart, [])


def next_version(project: Project) -> str:
    return found_version(project).version


def test_the_next_version_is_above_the_chart_what_is_published_and_what_is_released(
    world: World,
    project: Project,
    registry: Registry,
) -> None:
    remove_automation(world)
    found = found_version(project)
    reason = "1.6.1 is free, and higher than every published release"
    advice = "release a version above 1.6.1 next, or that release replaces this one"
    assert found == NextVersion("1.6.1", reason, advice)
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
    remove_automation(world)
    chart = world.clone / CHART
    packaged = project.helm.rehearse_package(chart, ["--version=1.6.1"])
    publish(registry, "1.6.0", OTHER, PUBLISHED)
    publish(registry, "1.6.1", packaged.read_bytes(), PUBLISHED)
    found = found_version(project)
    assert found == NextVersion("1.6.1", "1.6.1 is published with the same content")
    publish(registry, "1.6.2", OTHER, PUBLISHED)
    assert next_version(project) == "1.6.3"


def test_the_next_version_is_not_the_one_that_release_please_makes(
    world: World,
    project: Project,
    registry: Registry,
) -> None:
    (world.clone / ".release-please-manifest.json").write_text('{".": "1.6.0"}')
    world.commit("feat: automation")
    world.git("tag", "v1.6.0")
    world.git("push", "--quiet", "origin", "main", "v1.6.0")
    publish(registry, "1.6.0", OTHER, PUBLISHED)
    found = found_version(project)
    assert found.version == "1.6.101"
    assert found.reason.startswith("release-please will release 1.6.1 next: ")
    world.commit("feat: two replicas", {f"{CHART}/values.yaml": ("replicas: 1", "replicas: 2")})
    world.git("push", "--quiet", "origin", "main")
    found = found_version(project)
    assert found.version == "1.6.1"
    assert found.reason.startswith("release-please will release 1.7.0 next: ")

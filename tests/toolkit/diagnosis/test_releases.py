"""Releases: which is highest, the charts of one, and which published chart is private."""

from __future__ import annotations

from tasks.sandbox.world import CHART, World
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.diagnosis.releases import (
    charts_of_release,
    highest_release,
    newest_published,
    published_manifest,
)
from tasks.toolkit.incident.project import Project

from .staging import PUBLISHED, add_release, make_project, publish
from .values import release


def test_the_highest_release_is_found_by_precedence_not_by_time() -> None:
    releases = [release(version) for version in ("1.9.1", "1.10.0", "1.9.0")]
    assert highest_release(releases).version == "1.10.0"
    assert highest_release([release("nightly")]).tag == "vnightly"


def test_the_charts_of_a_release_are_those_at_origin_and_one_may_be_missing(
    world: World,
) -> None:
    project = make_project(world, CHART_DIR=CHART)
    add_release(world, "1.6.1", "1.6.0", hours=1)
    world.git("rm", "--quiet", "-r", CHART)
    tip = world.commit("feat!: another chart")
    world.git("push", "--quiet", "origin", "main")
    world.git("tag", "--delete", "v1.6.1")
    (released,) = project.releases.newest()
    tagged, main = charts_of_release(project, released)
    assert tagged.place == "v1.6.1"
    assert tagged.chart.version == "1.6.1"
    assert main.place == "main"
    assert main.commit == tip
    assert main.chart.version == "missing"
    assert tagged.commit == world.git("rev-parse", "main~1")


def test_what_anybody_may_read_is_not_private(world: World, project: Project) -> None:
    reference = Reference.parse(f"{world.reference}:1.7.0")
    assert published_manifest(project, reference) == (None, False)
    assert newest_published(project, reference) == ""
    digest = publish(world, "1.7.0")
    publish(world, "1.10.0")
    publish(world, "2.0.0-rc.1")
    manifest, is_private = published_manifest(project, reference)
    assert manifest is not None
    assert manifest.digest == digest
    assert not is_private
    assert newest_published(project, reference) == "1.10.0"


def test_what_only_the_login_may_read_is_private_and_so_is_what_nobody_may(
    world: World,
    project: Project,
) -> None:
    reference = Reference.parse(f"{world.reference}:1.7.0")
    access = world.registry.access
    access.private.add(PUBLISHED)
    assert published_manifest(project, reference) == (None, False)  # as GHCR answers for nothing
    digest = publish(world, "1.7.0")
    manifest, is_private = published_manifest(project, reference)
    assert manifest is not None
    assert manifest.digest == digest
    assert is_private
    access.passwords = {"another"}
    assert published_manifest(make_project(world), reference) == (None, True)

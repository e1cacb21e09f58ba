"""The source of a release: its tag is found by the version, its folder is known beforehand."""

from __future__ import annotations

import pytest
from invoke.context import Context

from tasks.sandbox.world import CHART, World
from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.incident.context import Incident
from tasks.toolkit.reports.source_install import (
    archive_folder,
    ensure_plain_name,
    ensure_release_name,
    missing_release,
    release_tag,
)


@pytest.mark.parametrize(
    ("tag", "folder"),
    [
        ("v1.7.0", "podinfo-1.7.0"),
        ("1.7.0", "podinfo-1.7.0"),
        ("chart-v1.7.0", "podinfo-chart-v1.7.0"),
        ("valid", "podinfo-valid"),
    ],
)
def test_github_leaves_out_the_v_of_a_version_in_the_name_of_the_folder(
    tag: str,
    folder: str,
) -> None:
    assert archive_folder("o/podinfo", tag) == folder


@pytest.mark.parametrize("tag", ["v1.9.0;id|`id`", "v1.9.0$(id)", "v 1.9.0", "v1.9.0'"])
def test_a_tag_that_a_shell_would_read_as_more_is_no_plain_name(tag: str) -> None:
    ensure_plain_name("release/chart-v1.9.0-rc.1+build")
    with pytest.raises(Refused, match="is no plain name"):
        ensure_plain_name(tag)


@pytest.mark.parametrize("name", ["", "podinfo", "a", "a-1", "a" * 53])
def test_a_valid_name_of_a_release_is_accepted(name: str) -> None:
    ensure_release_name(name)


@pytest.mark.parametrize("name", ["Bad Name", "-x", "x-", "a" * 54, "a_b"])
def test_a_name_that_helm_would_refuse_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="is not the name of a Helm release"):
        ensure_release_name(name)


@pytest.mark.thorough
def test_the_tag_is_that_of_the_version_or_of_the_newest_release(
    world: World,
    incident: Incident,
) -> None:
    project = incident.project
    with pytest.raises(BadInput, match="has no release"):
        release_tag(project, "")
    for tag, old, version in (("v1.6.1", "1.6.0", "1.6.1"), ("chart-v1.7.0", "1.6.1", "1.7.0")):
        bump = {
            f"{CHART}/Chart.yaml": (
                f"version: {old}\nappVersion",
                f"version: {version}\nappVersion",
            )
        }
        world.commit(f"chore: release {version}", bump)
        world.git("push", "--quiet", "origin", "main")
        world.github.create_release(tag, version, "")
    incident = Incident(Context(), world.env, world.clone)
    project = incident.project
    assert release_tag(project, "") == "chart-v1.7.0"
    assert release_tag(project, "1.6.1") == "v1.6.1"
    assert release_tag(project, "v1.6.1") == "v1.6.1"
    with pytest.raises(BadInput, match=r"has no tag of 9\.9\.9"):
        release_tag(project, "9.9.9")


def test_a_version_without_a_tag_is_refused_with_the_newest_releases() -> None:
    tags = [f"v1.7.{number}" for number in range(9)]
    error = missing_release("o/podinfo", "9.9.9", tags)
    newest = "v1.7.0, v1.7.1, v1.7.2, v1.7.3, v1.7.4"
    what = "o/podinfo has no tag of 9.9.9"
    assert str(error) == f"{what}: give --version; the releases are {newest}"


def test_a_repository_without_releases_is_refused() -> None:
    error = missing_release("o/podinfo", "", [])
    what = "o/podinfo has no release"
    assert str(error) == f"{what}: give --version; the releases are none yet"

"""The source of a release: its tag is found by the version, its folder is known beforehand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.incident.project import Project
from tasks.toolkit.reports.source_install import archive_folder, ensure_release_name, release_tag


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
    tag: str, folder: str
) -> None:
    assert archive_folder("o/podinfo", tag) == folder


@pytest.mark.parametrize("name", ["", "podinfo", "a", "a-1", "a" * 53])
def test_a_valid_name_of_a_release_is_accepted(name: str) -> None:
    ensure_release_name(name)


@pytest.mark.parametrize("name", ["Bad Name", "-x", "x-", "a" * 54, "a_b"])
def test_a_name_that_helm_would_refuse_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="is not the name of a Helm release"):
        ensure_release_name(name)


def project_with(*tags: str) -> Project:
    releases = [SimpleNamespace(tag=tag, version=tag.rpartition("v")[2]) for tag in tags]
    by_version = {release.version: release.tag for release in releases}
    git_tags = SimpleNamespace(tag_of_version=lambda version: by_version.get(version, ""))
    github = SimpleNamespace(releases=SimpleNamespace(newest=lambda: releases))
    git = SimpleNamespace(tags=git_tags)
    return cast(Project, SimpleNamespace(slug="o/podinfo", github=github, git=git))


def test_the_tag_is_that_of_the_version_or_of_the_newest_release() -> None:
    project = project_with("chart-v1.7.0", "v1.6.1")
    assert release_tag(project, "") == "chart-v1.7.0"
    assert release_tag(project, "1.6.1") == "v1.6.1"
    assert release_tag(project, "v1.6.1") == "v1.6.1"


def test_a_version_without_a_tag_is_refused_with_the_releases_that_exist() -> None:
    with pytest.raises(BadInput) as refusal:
        release_tag(project_with("v1.7.0", "v1.6.1"), "9.9.9")
    what = "o/podinfo has no tag v9.9.9: give --version; the releases are v1.7.0, v1.6.1"
    assert str(refusal.value) == what
    with pytest.raises(BadInput, match="has no release: give --version; the releases are none yet"):
        release_tag(project_with(), "")

"""What a release automation makes next is told from its files, the last release and commits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tasks.sandbox.world import CHART, World
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.automation import CONFIG, MANIFEST, Automation, find_automation

from .conftest import remove_automation

VALUES = f"{CHART}/values.yaml"
FLOW = ".github/workflows/release.yml"


@pytest.fixture(autouse=True)
def nothing_automated(world: World) -> None:
    """Remove the automation that the sandbox's repository has."""
    remove_automation(world)


def add(world: World, message: str, files: Mapping[str, str] | None = None) -> None:
    """Commit files, or nothing, on main, and push that."""
    for name, text in (files or {}).items():
        file = world.clone / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    world.git("add", "--all")
    world.git("commit", "--quiet", "--allow-empty", "--message", message)
    world.git("push", "--quiet", "origin", "main")


def release(world: World, tag: str = "v1.6.0") -> None:
    """Tag what is at origin as a release."""
    world.git("tag", tag)
    world.git("push", "--quiet", "origin", tag)


def found(world: World, project: Project, version: str = "1.6.0") -> tuple[str, str] | None:
    """Return the name and the next version of the automation of the sandbox's repository."""
    tip = world.git("rev-parse", "main")
    automation = find_automation(project, version, tip)
    return (automation.name, automation.next_version) if automation else None


def release_please(
    manifest: Mapping[str, str], config: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """Return the files of release-please."""
    return {MANIFEST: json.dumps(manifest), CONFIG: json.dumps(config or {})}


def test_nothing_is_automated_where_no_file_says_so(world: World, project: Project) -> None:
    release(world)
    add(world, "docs: how", {"README.md": "release-please is not used\n"})
    add(world, "ci: others", {FLOW: "# uses: googleapis release-please\nsteps: []\n"})
    assert found(world, project) is None


@pytest.mark.parametrize(
    ("config", "message", "expected"),
    [
        ({}, "fix: x", "1.6.1"),
        ({}, 'Revert "feat: x"', "1.6.1"),
        pytest.param({}, "feat: x", "1.7.0", marks=pytest.mark.thorough),
        pytest.param({}, "feat!: x", "2.0.0", marks=pytest.mark.thorough),
        ({}, "chore: x\n\nRelease-As: 3.0.0", "3.0.0"),
        ({"packages": {".": {"release-as": "4.0.0"}}}, "fix: x", "4.0.0"),
        ({"versioning": "always-bump-minor"}, "fix: x", "1.7.0"),
        ({"versioning": "always-bump-patch"}, "feat: x", "1.6.1"),
    ],
)
@pytest.mark.thorough
def test_release_please_counts_from_its_manifest(
    world: World,
    project: Project,
    config: Mapping[str, Any],
    message: str,
    expected: str,
) -> None:
    add(world, "feat: automation", release_please({".": "1.6.0"}, config))
    release(world)
    add(world, message)
    assert found(world, project) == ("release-please", expected)


def test_only_commits_of_its_package_count(world: World, project: Project) -> None:
    files = release_please({".": "9.0.0", CHART: "1.6.0", "other": "2.0.0"})
    add(world, "feat: automation", files)
    release(world)
    add(world, "feat!: elsewhere", {"other/file": "x"})
    add(world, "fix: here", {VALUES: "replicas: 5\n"})
    assert found(world, project) == ("release-please", "1.6.1")


def test_a_chart_with_a_version_of_its_own_is_not_versioned(world: World, project: Project) -> None:
    add(world, "feat: automation", release_please({".": "9.0.0"}))
    release(world)
    assert found(world, project) is None
    add(world, "fix: no manifest", {MANIFEST: "[]"})
    assert found(world, project) is None


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("release-please", {FLOW: "- uses: googleapis/release-please-action@v4\n"}),
        ("semantic-release", {".releaserc.json": "{}"}),
        ("semantic-release", {FLOW: "- run: npx --yes semantic-release\n"}),
    ],
)
@pytest.mark.thorough
def test_without_a_manifest_the_newest_release_is_counted_from(
    world: World,
    project: Project,
    name: str,
    files: Mapping[str, str],
) -> None:
    add(world, "feat: automation", files)
    release(world)
    add(world, "feat: x")
    assert found(world, project) == (name, "1.7.0")


def test_chart_releaser_takes_the_version_of_the_chart(world: World, project: Project) -> None:
    add(world, "feat: automation", {FLOW: "- uses: helm/chart-releaser-action@v1.7.0\n"})
    assert found(world, project) == ("chart-releaser", "1.6.0")
    release(world)
    project.git.tags.fetch()
    assert found(world, project) == ("chart-releaser", "1.6.1")
    assert Automation("chart-releaser", "1.6.1").plan == (
        "chart-releaser will release at least 1.6.1 next"
    )
    assert Automation("release-please", "1.6.1").plan == "release-please will release 1.6.1 next"


def test_the_working_copy_does_not_count(world: World, project: Project) -> None:
    release(world)
    Path(world.clone, MANIFEST).write_text('{".": "1.6.0"}')
    assert found(world, project) is None

"""Whether a chart's archive has what a revert changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.world import CHART, World
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.diagnosis.published_revert import Revert, has_files, reaches_users

from .staging import VALUES, make_project, publish, put_archive
from .values import release

ARCHIVE = {"podinfo/Chart.yaml": "id-1", "podinfo/values.yaml": "id-2"}


CHANGES = [
    ({}, True),
    ({"values.yaml": ("id-1", "id-2")}, True),
    ({"values.yaml": ("id-1", "id-3")}, False),
    ({"Chart.yaml": ("id-1", "id-3")}, True),
    ({"charts/sub/Chart.yaml": ("id-1", "id-3"), "Chart.lock": ("", "id-3")}, True),
    ({"charts/sub-1.0.0.tgz": ("", "id-3")}, True),
    ({"Chart.yaml": ("id-1", "id-3"), "values.yaml": ("id-1", "id-3")}, False),
    ({"templates/new.yaml": ("", "id-4")}, False),
    ({"templates/deleted.yaml": ("id-4", "")}, True),
    ({"values.yaml": ("id-2", "")}, False),
    ({"ci/ignored.yaml": ("id-4", "id-5")}, True),
    ({"README.md": ("id-4", "id-5"), "docs/x.md": ("", "id-5")}, True),
    ({"values.yaml": ("id-1", "id-3", "id-2")}, True),  # as it is now
    ({"values.yaml": ("id-2", "id-3", "id-4")}, False),
]


@pytest.mark.parametrize(("changes", "expected"), CHANGES)
def test_an_archive_has_a_revert_if_each_file_that_helm_leaves_as_it_is_is_the_same(
    changes: dict[str, tuple[str, str]],
    expected: bool,
) -> None:
    assert has_files(ARCHIVE, changes) is expected


FILES = {
    "files/empty.txt": b"",
    "files/icon.png": b"\x89PNG\r\n\x00\xff",
    "files/new.txt": b"new\n",
}


def write(chart: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (chart / name).parent.mkdir(exist_ok=True)
        (chart / name).write_bytes(content)


def push_package(world: World, chart: Path) -> None:
    """Publish a chart as 1.7.0."""
    options = ["--version=1.7.0", "--app-version=1.7.0", "--destination", str(world.folder)]
    assert world.run("helm", "package", str(chart), *options).returncode == 0
    archive = (world.folder / "threek8s-1.7.0.tgz").read_bytes()
    put_archive(world, "1.7.0", archive)


@pytest.mark.parametrize("chart_dir", [CHART, "."])
@pytest.mark.thorough
def test_empty_and_binary_files_are_compared_by_their_bytes(
    world: World,
    chart_dir: str,
) -> None:
    if chart_dir == ".":
        world.git("mv", *(f"{CHART}/{name}" for name in ("Chart.yaml", "templates")), ".")
        world.git("rm", "--quiet", "-r", "helm")
    chart = world.clone / chart_dir
    write(chart, dict.fromkeys(FILES, b"bad\n"))
    (chart / "files" / "old.txt").write_bytes(b"")
    (chart / "files" / "new.txt").unlink()
    world.commit("feat: bad files")
    bad = world.folder / "bad"
    world.git("worktree", "add", "--quiet", str(bad))
    write(chart, FILES)
    (chart / "files" / "old.txt").unlink()
    revert = world.commit("fix: good files")
    project = make_project(world, CHART_DIR=chart_dir)
    reference = Reference.parse(world.reference)
    bad_release = release("1.7.0")

    def is_recovered() -> bool:
        reverted = Revert(f"{revert}^", (revert,))
        return reaches_users(project, bad_release, reverted, reference, "1.7.0")

    assert not is_recovered()  # nothing is published
    push_package(world, bad / chart_dir)
    assert not is_recovered()
    (world.clone / ".git").rename(world.folder / "git")  # which helm would package
    push_package(world, chart)
    (world.folder / "git").rename(world.clone / ".git")
    assert is_recovered()
    for name in FILES:
        write(chart, {name: b"other\n"})
        push_package(world, chart)
        assert not is_recovered()
        write(chart, FILES)


def test_users_have_a_revert_from_the_releases_version_on_with_its_app_version(
    world: World,
) -> None:
    edit = {VALUES: ("replicas: 1", "replicas: 2")}
    bad = world.commit("feat: two replicas", edit)
    good = world.commit("fix: one replica", {VALUES: ("replicas: 2", "replicas: 1")})
    later = world.commit("feat: three replicas", {VALUES: ("replicas: 1", "replicas: 3")})
    project = make_project(world)
    reference = Reference.parse(world.reference)

    def is_recovered(version: str, app_version: str, replicas: int, *commits: str) -> bool:
        publish(world, version, app_version, {"replicas: 3": f"replicas: {replicas}"})
        reverted = Revert(bad, commits)
        return reaches_users(project, release("1.7.0"), reverted, reference, version)

    assert is_recovered("1.7.1", "1.7.0", 1, good)
    assert not is_recovered("1.7.1", "1.7.0", 2, good)
    assert not is_recovered("1.7.1", "1.7.0", 3, good)
    assert is_recovered("1.7.1", "1.7.0", 3, good, later)
    assert not is_recovered("1.6.9", "1.7.0", 1, good)
    assert not is_recovered("1.7.1", "1.7.1", 1, good)
    unchanged = Revert(bad, (good,), files=[])
    assert reaches_users(project, release("1.7.1"), unchanged, reference, "1.7.1")

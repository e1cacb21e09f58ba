"""In a clone that the settings are not for, a line says so, and what acts is refused."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tasks.sandbox.world import World
from tests.conftest import PROJECT
from tests.preloaded import preloaded_invoke

PACKAGE = "publish.package"
WARNING = "these settings are for"


def type_in(folder: Path, world: World, *words: str) -> subprocess.CompletedProcess[str]:
    """Type `invoke` in a folder, with the settings of the sandbox."""
    argv = ["--search-root", str(PROJECT), *words]
    return preloaded_invoke().run(argv, folder, world.env)


@pytest.fixture
def other(world: World) -> Path:
    """Give a clone of another repository."""
    folder = world.folder / "podinfo"
    world.git("init", "--quiet", str(folder), at=world.folder)
    world.git("remote", "add", "origin", "https://github.com/stefanprodan/podinfo.git", at=folder)
    (folder / "charts").mkdir()
    return folder


def test_what_acts_is_refused_in_another_clone_than_that_of_the_file(
    world: World,
    other: Path,
) -> None:
    file = world.folder / "threek8s.env"
    file.write_text(f"REPO_DIR={world.env.pop('REPO_DIR')}\n")
    file.chmod(0o600)
    world.env["ENV_FILE"] = str(file)
    done = type_in(other / "charts", world, PACKAGE)
    assert done.returncode == 2
    assert f"{WARNING} {world.clone}, and you are in {other}" in done.stderr
    assert f"cd {world.clone}" in done.stderr
    assert "export ENV_FILE=$HOME/podinfo.env" in done.stderr
    assert not list(world.clone.rglob("*.tgz"))


def test_a_variable_that_names_the_clone_was_set_on_purpose(world: World, other: Path) -> None:
    done = type_in(other, world, PACKAGE)
    assert done.returncode == 0
    assert f"{WARNING} {world.clone}, and you are in {other}" in done.stderr


def test_what_reports_and_a_dry_run_warn_in_another_clone(world: World, other: Path) -> None:
    for words in (["verify.path", "verify.path"], ["--dry", PACKAGE]):
        done = type_in(other, world, *words)
        assert done.returncode == 0, done.stderr
        printed = " ".join((done.stdout + done.stderr).split())
        assert printed.count(WARNING) == 1


def test_the_same_repository_is_no_other_one(world: World) -> None:
    again = world.folder / "again"
    world.git("clone", "--quiet", f"https://github.com/{world.slug}.git", str(again))
    worktree = world.folder / "worktree"
    world.git("worktree", "add", "--quiet", "--detach", str(worktree))
    world.git("remote", "remove", "origin", at=worktree)
    world.git("remote", "add", "origin", f"git@github.com:{world.slug.upper()}", at=worktree)
    for folder in (again, worktree, world.clone / "helm", world.folder, PROJECT):
        done = type_in(folder, world, PACKAGE)
        assert WARNING not in done.stderr, folder


def test_a_clone_inside_the_one_of_the_settings_or_around_it_is_no_other_one(
    world: World,
    other: Path,
) -> None:
    inside = world.clone / "modules"
    shutil.move(other, inside)
    world.git("init", "--quiet", at=world.folder)
    for folder in (inside, world.folder):
        done = type_in(folder, world, PACKAGE)
        assert WARNING not in done.stderr, folder

"""A clone of a fork is refused before anything is asked of it or waited for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.server import Reply
from tasks.sandbox.world import SLUG, World
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.core.errors import Refused
from tasks.toolkit.core.settings import load_settings
from tasks.toolkit.incident.project import Project

FORK = "somebody/threek8s"


def project_of(world: World, folder: Path, repository: str = SLUG) -> Project:
    """Return the project of the world's clone, with GITHUB_REPOSITORY set."""
    environ = {**world.env, "GITHUB_REPOSITORY": repository}
    settings, _ = load_settings(environ, folder, folder)
    return Project(settings, ProcessRunner(environ, 30, Executor(dry_run=False)), folder)


def clone_fork(world: World) -> None:
    """Let the clone's origin be a fork, which has the same commits."""
    url = f"https://github.com/{FORK}.git"
    world.git("config", f"url.{world.remote}.insteadOf", url)
    world.git("remote", "set-url", "origin", url)


def test_origin_is_used_if_it_is_the_repository_that_is_set(world: World, tmp_path: Path) -> None:
    project = project_of(world, tmp_path, SLUG.upper())
    before = len(world.github.requests)
    assert project.git.fetch("main")
    assert len(world.github.requests) == before


def test_a_fork_is_refused_with_both_names_and_what_to_do(world: World, tmp_path: Path) -> None:
    clone_fork(world)
    project = project_of(world, tmp_path)
    message = f"GITHUB_REPOSITORY is {SLUG}, but origin is {FORK}: set it to {FORK}; or `git remote"
    for ask in (project.git.fetch, project.git.remote_commit):
        with pytest.raises(Refused, match=message):
            ask("main")
    assert project.git.resolve("HEAD")  # which needs no origin


def test_without_the_setting_the_fork_is_the_repository(world: World, tmp_path: Path) -> None:
    clone_fork(world)
    project = project_of(world, tmp_path, "")
    assert project.slug == FORK
    assert project.git.fetch("main")


def test_a_repository_that_was_renamed_is_the_same(world: World, tmp_path: Path) -> None:
    clone_fork(world)
    renamed = {"data": {"repository": {"nameWithOwner": SLUG}}}
    world.github.faults.add("/graphql", Reply(200, renamed))
    assert project_of(world, tmp_path).git.fetch("main")

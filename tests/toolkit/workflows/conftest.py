"""What the tests of workflows share: the project in a sandbox's clone, and its incident log."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import World
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.core.settings import load_settings
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project


@pytest.fixture
def project(world: World) -> Project:
    """Give the project in the sandbox's clone."""
    settings, _ = load_settings(world.env, world.clone, world.clone)
    inherited = dict(world.env)
    del inherited["GITHUB_TOKEN"]
    executor = Executor(dry_run=False)
    runner = ProcessRunner(inherited, 30, executor)
    scratch = world.folder / "scratch"
    scratch.mkdir()
    return Project(settings, runner, scratch)


@pytest.fixture
def log(project: Project) -> IncidentLog:
    """Give the log of the project's incidents; none is open."""
    executor = project.runner.executor
    triggers = project.scratch / "triggers.jsonl"
    return IncidentLog(
        executor,
        str,
        lambda: project.state,
        lambda: triggers,
    )

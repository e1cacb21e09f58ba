"""What the tests of recovery share: a clone with a chart, a registry, and a project of them.

The registry and the project of a test that uses `world` are those of the world.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tasks.sandbox import programs
from tasks.sandbox.environment import isolated_environment
from tasks.sandbox.registry import Registry
from tasks.sandbox.repository_files import WORKFLOWS
from tasks.sandbox.world import World
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.core.settings import load_settings
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery import other_operators
from tasks.toolkit.recovery.automation import CONFIG, MANIFEST

from .charts import CHART_DIR, TOKEN, git


@pytest.fixture(autouse=True)
def _settle_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Confirm a push without waiting for another operator."""
    monkeypatch.setattr(other_operators, "SETTLE", 0.02)


def world_of(request: pytest.FixtureRequest) -> World | None:
    """Return the world of a test that uses one."""
    if "world" not in request.fixturenames:
        return None
    world: World = request.getfixturevalue("world")
    return world


@pytest.fixture
def registry(request: pytest.FixtureRequest) -> Iterator[Registry]:
    """Give an empty registry that takes pushes with a login."""
    world = world_of(request)
    if world:
        yield world.registry
        return
    with Registry({TOKEN}) as registry:
        yield registry


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Give the clone of a repository with the chart podinfo 1.0.0 on its branch main."""
    origin = tmp_path / "origin.git"
    clone = tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(origin))
    git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    git(clone, "switch", "--quiet", "--create", "main")
    chart = clone / CHART_DIR
    chart.mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: podinfo\nversion: 1.0.0\n")
    (chart / "values.yaml").write_text("replicas: 1\n")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", "feat: one")
    git(clone, "push", "--quiet", "origin", "main")
    git(clone, "remote", "set-head", "origin", "main")
    return clone


@pytest.fixture
def environ(
    request: pytest.FixtureRequest,
    registry: Registry,
    tmp_path: Path,
) -> dict[str, str]:
    """Give the variables of a maintainer's shell."""
    impatient = {"POLL_INTERVAL": "0.01"}
    world = world_of(request)
    if world:
        return world.env | impatient
    settings = {
        "GITHUB_REPOSITORY": "owner/podinfo",
        "GITHUB_TOKEN": TOKEN,
        "PLAIN_HTTP": "true",
        "REGISTRY": f"oci://{registry.host}/owner/charts",
        "REPO_DIR": str(tmp_path / "clone"),
        "STATE_DIR": str(tmp_path / "state"),
        "WAIT_TIMEOUT": "1",
    }
    return isolated_environment(tmp_path, programs.install_missing(print)) | settings | impatient


def make_project(
    environ: Mapping[str, str],
    folder: Path,
    *,
    dry_run: bool = False,
) -> Project:
    """Return the project that the variables describe; it has its scratch in a folder."""
    scratch = folder / "scratch"
    scratch.mkdir()
    settings, _ = load_settings(environ, folder, folder)
    executor = Executor(dry_run=dry_run)
    runner = ProcessRunner(dict(environ), 30, executor)
    return Project(settings, runner, scratch)


def make_log(project: Project) -> IncidentLog:
    """Return the log of a project's incidents."""
    project.state.mkdir(exist_ok=True)
    triggers = project.state / "triggers"
    return IncidentLog(
        project.runner.executor,
        str,
        lambda: project.state,
        lambda: triggers,
    )


@pytest.fixture
def project(environ: dict[str, str], tmp_path: Path) -> Project:
    """Give the project of the registry, and of the clone if a test has that too."""
    return make_project(environ, tmp_path)


@pytest.fixture
def log(project: Project) -> IncidentLog:
    """Give the log of the project's incidents; none is open."""
    return make_log(project)


@pytest.fixture
def dry_project(environ: dict[str, str], tmp_path: Path) -> Project:
    """Give the project in a dry run."""
    return make_project(environ, tmp_path, dry_run=True)


@pytest.fixture
def dry_log(dry_project: Project) -> IncidentLog:
    """Give the log in a dry run."""
    return make_log(dry_project)


def remove_automation(world: World) -> None:
    """Remove release-please from the sandbox's repository."""
    world.git("rm", "--quiet", MANIFEST, CONFIG, f"{WORKFLOWS}/release-please.yml")
    world.commit("ci: release by hand")
    world.git("push", "--quiet", "origin", "main")

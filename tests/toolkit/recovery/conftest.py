"""What the tests of recovery share: a clone with a chart, and a registry, without a world."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.sandbox.registry import Registry
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.core.settings import load_settings
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery import safeguards

from .charts import CHART_DIR, TOKEN, git


@pytest.fixture(autouse=True)
def _settle_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Confirm a push without waiting for another operator."""
    monkeypatch.setattr(safeguards, "SETTLE", 0.02)


@pytest.fixture
def registry() -> Iterator[Registry]:
    """Give an empty registry that takes pushes with TOKEN."""
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


def make_project(folder: Path, registry: Registry, *, dry_run: bool = False) -> Project:
    """Return the project of the clone in a folder, which may have none, and of a registry."""
    scratch = folder / "scratch"
    scratch.mkdir()
    environ = {
        "ENV_FILE": os.devnull,
        "GITHUB_REPOSITORY": "owner/podinfo",
        "GITHUB_TOKEN": TOKEN,
        "PLAIN_HTTP": "true",
        "POLL_INTERVAL": "0.01",
        "REGISTRY": f"oci://{registry.host}/owner/charts",
        "REPO_DIR": str(folder / "clone"),
        "STATE_DIR": str(folder / "state"),
        "WAIT_TIMEOUT": "1",
    }
    settings, _ = load_settings(environ, folder, folder)
    runner = ProcessRunner(dict(os.environ), 30, Executor(dry_run=dry_run))
    return Project(settings, runner, scratch)


def make_log(project: Project) -> IncidentLog:
    """Return the log of a project's incidents."""
    project.state.mkdir(exist_ok=True)
    executor = project.runner.executor
    return IncidentLog(executor, str, lambda: project.state, lambda: project.state / "triggers")


@pytest.fixture
def project(tmp_path: Path, registry: Registry) -> Project:
    """Give the project of the registry, and of the clone if a test has that too."""
    return make_project(tmp_path, registry)


@pytest.fixture
def log(project: Project) -> IncidentLog:
    """Give the log of the project's incidents; none is open."""
    return make_log(project)


@pytest.fixture
def dry_project(tmp_path: Path, registry: Registry) -> Project:
    """Give the project in a dry run."""
    return make_project(tmp_path, registry, dry_run=True)


@pytest.fixture
def dry_log(dry_project: Project) -> IncidentLog:
    """Give the log in a dry run."""
    return make_log(dry_project)

"""Reverting a commit of a real repository by a push: found, pushed, and never twice."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tasks.sandbox.server import Reply, Server
from tasks.toolkit.core.errors import Refused
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.bad_change import fetch, find_commit
from tasks.toolkit.recovery.own_branch import push_revert
from tasks.toolkit.recovery.revert import revert_by_push

from ...conftest import FOLDERS
from ...plans import planned
from .charts import CHART_DIR, commit, git
from .conftest import make_log, make_project

pytestmark = pytest.mark.usefixtures("clone")


@pytest.fixture(autouse=True)
def _identity(clone: Path) -> None:
    """Let git commit in the clone's worktrees."""
    git(clone, "config", "user.name", "Maintainer")
    git(clone, "config", "user.email", "m@example.com")


def at_origin(clone: Path, ref: str = "main") -> str:
    origin = clone.parent / "origin.git"
    return git(origin, "show", f"{ref}:{CHART_DIR}/values.yaml")


def push(project: Project, log: IncidentLog, bad: str, *, only_workflow: bool = False) -> None:
    """Revert a commit as `rollback.commit --push-to-default` does."""
    revert_by_push(project, log, find_commit(project, bad, only_workflow))


def test_a_revert_is_pushed_to_the_default_branch_once(
    project: Project,
    log: IncidentLog,
    clone: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = commit(clone, 2)
    push(project, log, bad[:9])
    assert at_origin(clone) == "replicas: 1"
    origin = clone.parent / "origin.git"
    good = git(origin, "rev-parse", "main")
    assert log.facts.good_commit == good
    assert log.facts.merged_at
    message = git(origin, "log", "-1", "--format=%B", "main")
    assert message == f'fix: revert "feat: 2 replicas"\n\nThis reverts commit {bad}.'
    push(project, log, bad)
    assert "is already reverted by" in capsys.readouterr().err
    assert git(origin, "rev-parse", "main") == log.facts.good_commit == good


def test_the_time_of_a_push_is_githubs(
    environ: dict[str, str],
    clone: Path,
    tmp_path: Path,
) -> None:
    github = datetime(2025, 9, 25, 10, tzinfo=UTC)
    date = format_datetime(github, usegmt=True)
    server = Server(lambda _: Reply(body={}, headers={"Date": date}), tmp_path / "socket")
    server.start()
    config = tmp_path / "gh" / "config.yml"
    config.parent.mkdir()
    config.write_text(f"http_unix_socket: {tmp_path / 'socket'}\n")
    path = [*map(str, FOLDERS), environ["PATH"]]
    project = make_project(environ | {"PATH": os.pathsep.join(path)}, tmp_path)
    log = make_log(project)
    push(project, log, commit(clone, 2))
    server.stop()
    assert log.facts.merged_at
    assert timedelta(0) <= log.facts.merged_at - github < timedelta(minutes=1)


def test_a_revert_on_its_own_branch_recovers_nothing_yet(
    project: Project,
    log: IncidentLog,
    clone: Path,
) -> None:
    bad = find_commit(project, commit(clone, 2))
    tip, revision = fetch(project, bad)
    push_revert(project, log, bad, tip, revision, "revert-it", "fix: revert it")
    assert at_origin(clone, "revert-it") == "replicas: 1"
    assert at_origin(clone) == "replicas: 2"
    assert log.facts.good_commit == ""


def test_a_change_that_is_gone_already_needs_no_revert(
    project: Project,
    log: IncidentLog,
    clone: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = commit(clone, 2)
    gone = commit(clone, 1)
    push(project, log, bad)
    assert "nothing is left of" in capsys.readouterr().err
    assert log.facts.good_commit == gone


def test_a_conflict_is_refused_with_its_files(
    project: Project,
    log: IncidentLog,
    clone: Path,
) -> None:
    bad = commit(clone, 2)
    commit(clone, 3)
    with pytest.raises(Refused, match=f"a conflict in {CHART_DIR}/values.yaml: nothing was"):
        push(project, log, bad)
    assert git(clone, "worktree", "list").count("\n") == 0
    assert not log.is_open


def test_a_dry_run_prints_the_push_and_plans_the_revert(
    dry_project: Project,
    dry_log: IncidentLog,
    clone: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = commit(clone, 2)
    push(dry_project, dry_log, bad)
    assert at_origin(clone) == "replicas: 2"
    assert " --porcelain origin HEAD:refs/heads/main" in planned(capsys)
    assert dry_log.facts.planned_revert == bad
    assert dry_log.facts.good_commit == ""


def add_workflow(clone: Path, replicas: int, *, job: str) -> str:
    """Change the chart and a workflow in one commit, push it, and return it."""
    file = clone / ".github/workflows/publish.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"jobs: {job}\n")
    git(clone, "add", "--all")
    return commit(clone, replicas)


@pytest.mark.thorough
def test_only_the_workflow_is_pushed_once(
    project: Project,
    log: IncidentLog,
    clone: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add_workflow(clone, 2, job="good")
    bad = add_workflow(clone, 3, job="bad")
    commit(clone, 4)
    push(project, log, bad, only_workflow=True)
    origin = clone.parent / "origin.git"
    assert at_origin(clone) == "replicas: 4"
    assert git(origin, "show", "main:.github/workflows/publish.yml") == "jobs: good"
    message = git(origin, "log", "-1", "--format=%B", "main")
    title = 'fix: revert the workflow part of "feat: 3 replicas"'
    assert message.startswith(f"{title}\n\nThis reverts the workflow part of ")
    good = log.facts.good_commit
    push(project, log, bad, only_workflow=True)
    assert "is already reverted by" in capsys.readouterr().err
    assert git(origin, "rev-parse", "main") == log.facts.good_commit == good
    with pytest.raises(Refused, match=f"a conflict in {CHART_DIR}/values.yaml"):
        push(project, log, bad)  # which is not reverted as a whole

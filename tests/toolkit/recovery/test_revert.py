"""Reverting a commit of a real repository: found, pushed, and never twice."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tasks.sandbox.server import Reply, Server
from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.revert_commit import find_commit, push_revert, was_reverted

from ...conftest import FOLDERS
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


def test_a_revert_is_pushed_to_the_default_branch_once(
    project: Project,
    log: IncidentLog,
    clone: Path,
) -> None:
    short = commit(clone, 2)[:9]
    tip, bad = find_commit(project, short)
    assert not was_reverted(project, log, tip, bad)
    assert push_revert(project, log, tip, bad, "main")
    assert at_origin(clone) == "replicas: 1"
    good = log.facts.good_commit
    assert good == git(clone.parent / "origin.git", "rev-parse", "main")
    assert log.facts.merged_at
    tip, bad = find_commit(project, bad)
    assert was_reverted(project, log, tip, bad)
    assert log.facts.good_commit == good


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
    tip, bad = find_commit(project, commit(clone, 2))
    assert push_revert(project, log, tip, bad, "main")
    server.stop()
    assert log.facts.merged_at
    assert timedelta(0) <= log.facts.merged_at - github < timedelta(minutes=1)


def test_a_revert_on_its_own_branch_recovers_nothing_yet(
    project: Project,
    log: IncidentLog,
    clone: Path,
) -> None:
    tip, bad = find_commit(project, commit(clone, 2))
    assert push_revert(project, log, tip, bad, "revert-it")
    assert at_origin(clone, "revert-it") == "replicas: 1"
    assert at_origin(clone) == "replicas: 2"
    assert log.facts.good_commit == ""


def test_a_change_that_is_gone_already_needs_no_revert(
    project: Project,
    log: IncidentLog,
    clone: Path,
) -> None:
    bad = commit(clone, 2)
    gone = commit(clone, 1)
    tip, bad = find_commit(project, bad)
    assert not push_revert(project, log, tip, bad, "main")
    assert log.facts.good_commit == gone


def test_a_conflict_is_refused_with_its_files(
    project: Project,
    log: IncidentLog,
    clone: Path,
) -> None:
    bad = commit(clone, 2)
    commit(clone, 3)
    tip, bad = find_commit(project, bad)
    with pytest.raises(Refused, match=f"{CHART_DIR}/values.yaml"):
        push_revert(project, log, tip, bad, "main")
    assert git(clone, "worktree", "list").count("\n") == 0


def test_a_commit_of_another_branch_is_refused(project: Project, clone: Path) -> None:
    git(clone, "switch", "--quiet", "--create", "elsewhere")
    (clone / CHART_DIR / "values.yaml").write_text("replicas: 5\n")
    git(clone, "commit", "--quiet", "--all", "--message", "feat: five")
    with pytest.raises(BadInput, match="is not on main at origin"):
        find_commit(project, "elsewhere")


def test_a_dry_run_prints_the_push_and_plans_the_revert(
    dry_project: Project,
    dry_log: IncidentLog,
    clone: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tip, bad = find_commit(dry_project, commit(clone, 2))
    assert push_revert(dry_project, dry_log, tip, bad, "main")
    assert at_origin(clone) == "replicas: 2"
    assert "push --porcelain origin HEAD:refs/heads/main" in capsys.readouterr().out
    assert dry_log.facts.planned_revert == bad
    assert dry_log.facts.good_commit == ""

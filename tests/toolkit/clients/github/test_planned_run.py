"""A run in a plan: what is pasted waits for the run that it starts, for a bounded time."""

from __future__ import annotations

import subprocess

import pytest

from tasks.sandbox.github import GitHub as Server
from tasks.toolkit.clients.github.client import GitHub

from ....plans import finished_plan
from .conftest import add_run, client, runner_of

FILE = "publish-helm.yml"
INPUTS = {"chart_version": "1.7.0"}


def planner(server: Server, limit: float) -> GitHub:
    """Return the client in a dry run, whose plan waits for at most `limit` seconds."""
    runner = runner_of(server, dry_run=True)
    runner.executor.bound_waits(0.1, limit)
    return client(runner)


def paste(server: Server, capsys: pytest.CaptureFixture[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", finished_plan(capsys)],
        env=server.actions.env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_plan_waits_for_the_new_run_and_fails_as_the_run_does(
    server: Server,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add_run(server, "main", 1, event="workflow_dispatch")
    planning = planner(server, 60)
    run = planning.actions.planned_run(FILE, "workflow_dispatch", "main")
    run.begin()
    planning.actions.dispatch(FILE, "main", INPUTS)
    run.watch()
    ended = paste(server, capsys)
    newest, earlier = server.runs
    assert (newest.status, newest.conclusion) == ("completed", "failure")  # without a registry
    assert earlier.conclusion == "success"
    assert "the run on main: failure\n" in ended.stdout
    assert ended.returncode == 1


def test_a_plan_does_what_follows_a_run_that_never_starts_and_then_fails(
    server: Server,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add_run(server, "v1.7.0", 1)
    planning = planner(server, 0.1)
    run = planning.actions.planned_run(FILE, "push", "v1.7.0")
    run.begin()
    run.watch_and_go_on()
    run.gh.program.runner.executor.add("echo deleted")
    run.report()
    ended = paste(server, capsys)
    assert ended.stdout == "deleted\n"
    assert "for the run on v1.7.0 to end; it did not happen" in ended.stderr
    assert ended.returncode == 1

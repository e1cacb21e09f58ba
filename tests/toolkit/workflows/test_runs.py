"""Runs of the workflow: the one that was just started is recognized, and its result is reported."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tasks.sandbox.github.faults import BAD_GATEWAY, NOT_FOUND
from tasks.sandbox.world import CHART, WORKFLOW, World
from tasks.toolkit.clients.github.runs import Run
from tasks.toolkit.clients.github.typed import TypedGh
from tasks.toolkit.console.waiting import Pending
from tasks.toolkit.core.errors import CheckFailed, ProgramFailed, ServiceError
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.workflows.dispatch import dispatch_and_watch
from tasks.toolkit.workflows.rerun import rerun_command
from tasks.toolkit.workflows.runs import (
    ExpectedRun,
    new_run,
    newest_in_progress,
    report_result,
    runs_on,
    watch_run,
)

TAG = "v999.0.0-test"
RERUN = "gh workflow run publish-helm.yml --repo stianfro/threek8s --ref main"
OLD = Run(
    id=7,
    status="completed",
    conclusion="success",
    created_at=datetime(2025, 9, 25, tzinfo=UTC),
    url="https://github.com/owner/podinfo/actions/runs/7",
    event="push",
    branch=TAG,
    workflow="Publish",
)
WAITING = replace(OLD, id=8, status="queued", conclusion="")


def test_runs_are_of_an_event_and_of_a_branch_or_tag() -> None:
    other_event = replace(OLD, event="release")
    other_branch = replace(OLD, branch="main")
    assert runs_on([other_event, OLD, other_branch], "push", TAG) == [OLD]


def test_the_run_that_was_started_is_the_only_one_after_those_that_existed() -> None:
    assert new_run([OLD], [OLD]) is None
    assert new_run([WAITING, OLD], [OLD]) == WAITING
    assert new_run([OLD], []) == OLD


def test_two_new_runs_cannot_be_told_apart() -> None:
    runs = [
        replace(OLD, id=9, url="https://second"),
        WAITING,
        OLD,
    ]
    with pytest.raises(ServiceError) as failure:
        new_run(runs, [OLD])
    error = failure.value
    assert error.what.startswith(f"2 runs started on {TAG} at once")
    assert error.advice == f"https://second and {WAITING.url}"


def test_a_run_is_in_progress_until_it_is_completed() -> None:
    assert newest_in_progress([OLD]) is None
    assert newest_in_progress([WAITING, OLD]) == WAITING
    assert newest_in_progress([OLD, WAITING]) == WAITING


def test_a_run_that_a_push_started_is_found_on_github_and_watched_to_its_end(
    world: World,
    project: Project,
    capsys: pytest.CaptureFixture[str],
) -> None:
    expected = ExpectedRun(project, "push", TAG)
    assert expected.earlier_in_progress is None
    assert isinstance(expected.find(), Pending)
    world.commit("ci: fail", {WORKFLOW: ('run: helm lint "$CHART"', "run: exit 1")})
    world.git("tag", TAG)
    world.git("push", "--quiet", "origin", TAG)
    run = expected.watch()
    assert expected.has_ended
    assert expected.number == run.id == 1
    assert run.conclusion == "failure"
    assert f"run 1 started on {TAG}\n" in capsys.readouterr().err


@pytest.mark.thorough
def test_a_run_that_github_does_not_show_yet_is_waited_for(
    world: World,
    project: Project,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = world.github.actions.dispatch(WORKFLOW, "main", {"chart_version": "9.0.0"})
    assert run
    world.github.faults.add("actions/runs/1$", NOT_FOUND)
    world.github.faults.add("actions/runs/1$", BAD_GATEWAY, times=2)
    assert watch_run(project, run.id).status == "completed"
    assert "waiting for GitHub to show run 1, which is new" in capsys.readouterr().err


@pytest.mark.thorough
def test_a_run_that_is_gone_is_not_waited_for(world: World, project: Project) -> None:
    world.commit("ci: wait", {WORKFLOW: ('run: helm lint "$CHART"', "run: sleep 30")})
    world.git("push", "--quiet", "origin", "main")
    run = world.github.actions.dispatch(WORKFLOW, "main", {"chart_version": "9.0.0"})
    assert run
    deleting = threading.Timer(2, world.github.faults.add, ("actions/runs/1$", NOT_FOUND, 99))
    deleting.start()
    with pytest.raises(ProgramFailed, match="HTTP 404"):
        watch_run(project, run.id)
    run.cancel()


@pytest.mark.thorough
@pytest.mark.parametrize("late", [False, True])
def test_a_run_is_started_once_although_the_answer_was_lost(
    world: World,
    project: Project,
    log: IncidentLog,
    late: bool,
) -> None:
    world.github.faults.add("POST .*dispatches", BAD_GATEWAY, late=late)
    world.github.lag = 0.3
    dispatch_and_watch(project, log, "main", {"chart_version": "9.0.0"})
    assert [run.conclusion for run in world.github.runs] == ["success"]


@pytest.mark.parametrize("conclusion", ["failure", "cancelled", "skipped"])
def test_a_run_that_did_not_succeed_fails_with_the_command_that_shows_why(conclusion: str) -> None:
    run = replace(OLD, conclusion=conclusion)
    with pytest.raises(CheckFailed) as failure:
        report_result(run)
    error = failure.value
    assert error.what == f"run 7 on {TAG} ended in {conclusion}, {OLD.url}"
    assert error.advice == "invoke run.logs --run 7"


def test_a_run_that_succeeded_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    report_result(OLD)
    printed = capsys.readouterr().err
    assert f"✓ run 7 on {TAG}: success, {OLD.url}\n" in printed


def test_the_command_for_a_rerun_has_the_versions_that_the_workflow_accepts(
    world: World,
    project: Project,
) -> None:
    command = rerun_command(project, "1.6.5", "1.5.0")
    inputs = "--raw-field=chart_version=1.6.5 --raw-field=app_version=1.5.0"
    assert command == f"{RERUN} {inputs}"

    old = "version: 1.6.0\nappVersion: 1.6.0"
    new = "version: 1.7.0"
    world.commit("feat: no appVersion", {f"{CHART}/Chart.yaml": (old, new)})
    world.git("push", "--quiet", "origin", "main")
    command = rerun_command(project, "", "")
    assert command == f"{RERUN} --raw-field=chart_version=1.7.0"


def test_a_workflow_that_cannot_be_read_leaves_the_command_without_inputs(
    world: World,
    project: Project,
) -> None:
    world.commit("ci: no YAML", {WORKFLOW: ("jobs:", "jobs: {")})
    world.git("push", "--quiet", "origin", "main")
    assert rerun_command(project, "", "") == RERUN
    project.github.typed = TypedGh(project.slug, has_login=False)
    assert rerun_command(project, "", "") == "invoke prevention.dispatch --ref main"


NO_DISPATCH = "on: {workflow_call: {}}\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n"
MANY_INPUTS = """\
on:
  workflow_dispatch:
    inputs:
      version: {required: true}
      chart: {required: true}
      ref: {required: true}
      note: {}
      level: {required: true, default: x}
jobs: {a: {runs-on: x, steps: [{run: x}]}}
"""


def push_workflow(world: World, text: str) -> None:
    (world.clone / WORKFLOW).write_text(text)
    world.commit("ci: another workflow")
    world.git("push", "--quiet", "origin", "main")


def test_a_workflow_that_nobody_can_run_by_hand_is_not_advised_to_be(
    world: World,
    project: Project,
) -> None:
    push_workflow(world, NO_DISPATCH)
    again = "release again, since publish-helm.yml has no workflow_dispatch"
    assert rerun_command(project, "1.6.5", "1.5.0") == again
    assert rerun_command(project, "1.6.5", "1.5.0", OLD) == again
    assert rerun_command(project, "1.6.5", "1.5.0", WAITING) == again
    failed = replace(OLD, conclusion="failure")
    rerun = "if run 7 failed by chance: gh run rerun 7 --failed --repo stianfro/threek8s"
    assert rerun_command(project, "1.6.5", "1.5.0", failed) == f"{again}; {rerun}"


def test_inputs_that_a_workflow_needs_and_nobody_knows_are_named(
    world: World,
    project: Project,
) -> None:
    push_workflow(world, MANY_INPUTS)
    command = f"`{RERUN} --raw-field=version=1.6.5`"
    more = "with --raw-field=NAME=VALUE for what it needs too: chart and ref"
    assert rerun_command(project, "1.6.5", "1.5.0") == f"{command}, {more}"

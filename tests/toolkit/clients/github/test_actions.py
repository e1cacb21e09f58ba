"""Workflows on GitHub: found with their runs, started and followed."""

from __future__ import annotations

import pytest

from tasks.sandbox.github import GitHub as Server
from tasks.sandbox.github.records import Execution
from tasks.sandbox.github.runs import Job
from tasks.sandbox.server import Reply
from tasks.sandbox.world import SLUG, WORKFLOW
from tasks.toolkit.clients.github.actions import LONGEST_LOG, WorkflowMissing
from tasks.toolkit.clients.github.client import GitHub
from tasks.toolkit.clients.github.runs import Run
from tasks.toolkit.console.waiting import Pending
from tasks.toolkit.core.errors import AccessDenied, BadInput, ProgramFailed, ServiceError
from tasks.toolkit.core.secret import Secret

from ....plans import planned
from .conftest import add_run, answer_always, hours, runner_of

FILE = "publish-helm.yml"


def ids(runs: list[Run]) -> list[int]:
    return [run.id for run in runs]


def test_a_run_is_read_from_github(server: Server, github: GitHub) -> None:
    add_run(
        server,
        "main",
        2,
        event="schedule",
        conclusion="failure",
        completed_at=hours(3),
    )
    run = Run(
        id=1,
        status="completed",
        conclusion="failure",
        created_at=hours(2),
        url=f"https://github.com/{SLUG}/actions/runs/1",
        event="schedule",
        branch="main",
        workflow="Publish",
        path=WORKFLOW,
        commit="main",
        updated_at=hours(3),
        title="feat: the chart and its workflow",
    )
    assert github.actions.runs(FILE) == [run]
    assert github.actions.ended(1) == run


def test_deployments_are_those_of_one_workflow_or_of_all(
    server: Server,
    github: GitHub,
) -> None:
    add_run(server, "main", 1)
    add_run(server, "topic", 2)
    add_run(server, "v1.7.0", 3)
    add_run(server, "main", 4, event="pull_request")
    add_run(server, "main", 5, path=".github/workflows/other.yml")
    found = github.actions.deployments("main", FILE)
    assert ids(found) == [3, 1]
    found = github.actions.deployments("main")
    assert ids(found) == [5, 3, 1]


def test_runs_are_those_on_a_branch_or_of_a_commit(server: Server, github: GitHub) -> None:
    add_run(server, "main", 1)
    add_run(server, "v1.7.0", 2, head_sha="two")
    add_run(server, "topic", 3, head_sha="two", path=".github/workflows/other.yml")
    assert ids(github.actions.runs(FILE)) == [2, 1]
    assert ids(github.actions.runs(FILE, on="main")) == [1]
    assert ids(github.actions.runs(at="two")) == [3, 2]
    assert ids(github.actions.runs(FILE, at="two")) == [2]
    assert github.actions.runs(at="one") == []


def test_the_jobs_of_a_run_have_their_failed_and_their_current_steps(
    server: Server,
    github: GitHub,
) -> None:
    lint, push = Execution("Lint", 1), Execution("Push", 1)
    jobs = {"lint": Job("lint", 100, steps={"1": lint}), "p": Job("p", 101, steps={"1": push})}
    add_run(server, "main", 1, status="in_progress", conclusion=None, jobs=jobs)
    for execution in (*jobs.values(), lint, push):
        execution.start()
    for execution in (lint, jobs["lint"]):
        execution.complete("failure")
    failed, current = github.actions.jobs(1)
    assert (failed.name, failed.status, failed.conclusion) == ("lint", "completed", "failure")
    assert (failed.failed_steps, failed.current_steps) == (("Lint",), ())
    assert (current.name, current.status, current.conclusion) == ("p", "in_progress", "")
    assert (current.failed_steps, current.current_steps) == ((), ("Push",))


def test_a_workflow_is_found_or_the_setting_is_named(
    server: Server,
    github: GitHub,
) -> None:
    assert github.actions.workflow(FILE) == ("Publish Helm Chart", "active")
    server.actions.disabled_workflows.add(WORKFLOW)
    assert github.actions.workflow(FILE) == ("Publish Helm Chart", "disabled_manually")
    reason = r"has no workflow x\.yml: set WORKFLOW"
    with pytest.raises(WorkflowMissing, match=reason):
        github.actions.workflow("x.yml")
    with pytest.raises(WorkflowMissing, match=reason):
        github.actions.runs("x.yml")


def test_another_error_does_not_make_a_workflow_missing(
    server: Server,
    stranger: GitHub,
) -> None:
    with pytest.raises(AccessDenied):
        stranger.actions.workflow(FILE)
    nobody = GitHub(runner_of(server), "nobody/nothing", Secret(""))
    with pytest.raises(ProgramFailed, match="HTTP 404"):
        nobody.actions.runs()
    answer_always(server, Reply(502, {"message": "Bad Gateway"}))
    with pytest.raises(ServiceError):
        stranger.actions.runs(FILE)


def test_a_run_that_was_started_has_its_values_and_the_number_that_github_returned(
    server: Server,
    github: GitHub,
) -> None:
    server.actions.dispatch_returns_run = True
    number = github.actions.dispatch(FILE, "main", {"chart_version": "@1 2"})
    (run,) = server.runs
    assert number == run.id == 1
    assert run.context["inputs"]["chart_version"] == "@1 2"


def test_a_run_that_was_started_may_have_no_number(
    server: Server,
    github: GitHub,
) -> None:
    assert github.actions.dispatch(FILE, "main", {"chart_version": "1.7.0"}) == 0
    assert len(server.runs) == 1


def test_a_run_that_is_only_planned_has_no_number(
    planning: GitHub,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert planning.actions.dispatch(FILE, "main", {"v": "@1 2"}) is None
    command = f"gh workflow run {FILE} --repo {SLUG} --ref main '--raw-field=v=@1 2'\n"
    assert command in planned(capsys)


def test_inputs_that_github_refuses_are_bad_input(
    github: GitHub,
    stranger: GitHub,
) -> None:
    reason = r'publish-helm\.yml cannot be run by hand on main: Unexpected inputs provided: \["x"\]'
    with pytest.raises(BadInput, match=f"^{reason}: `invoke prevention"):
        github.actions.dispatch(FILE, "main", {"x": "1"})
    with pytest.raises(AccessDenied):
        stranger.actions.dispatch(FILE, "main", {})


def test_a_run_is_pending_with_its_current_steps_until_it_is_completed(
    server: Server,
    github: GitHub,
) -> None:
    push = Execution("Push", 1)
    job = Job("publish", 100, steps={"1": push})
    run = add_run(
        server,
        "main",
        1,
        status="queued",
        conclusion=None,
        jobs={"publish": job},
    )
    assert github.actions.ended(1) == Pending("run 1 (queued)")
    for execution in (run, job, push):
        execution.start()
    assert github.actions.ended(1) == Pending("run 1 (publish: Push)")
    run.complete("failure")
    ended = github.actions.ended(1)
    assert isinstance(ended, Run) and ended.conclusion == "failure"


def test_the_end_of_the_log_of_a_job_is_read_and_an_old_one_is_gone(
    server: Server,
    github: GitHub,
) -> None:
    run = add_run(server, "main", 1)
    failed = Execution("Push", 1, "completed", "failure", log="Error: denied")
    run.jobs["publish"] = Job("publish", 100, steps={"0": failed})
    run.jobs["lint"] = Job("lint", 101)
    log = github.actions.job_log(100)
    assert "##[group]Run Push\n" in log
    assert "Error: denied\n" in log
    with pytest.raises(ProgramFailed, match="HTTP 410"):
        github.actions.job_log(101)
    failed.log = "x" * (2 * LONGEST_LOG)
    assert len(github.actions.job_log(100)) == LONGEST_LOG

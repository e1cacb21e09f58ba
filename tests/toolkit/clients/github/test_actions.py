"""Workflow runs: which of them published a release, and how one is started and followed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tasks.toolkit.clients.github.actions import Actions, Run, WorkflowMissing, run_of_release
from tasks.toolkit.clients.github.releases import Release
from tasks.toolkit.console.waiting import Pending
from tasks.toolkit.core.errors import AccessDenied, BadInput, ProgramFailed, ServiceError

from .conftest import SLUG, commands_of, failure, recorded_gh

START = datetime(2025, 1, 1, tzinfo=UTC)
OLD = Release("v1.6.0", START + timedelta(hours=10))
NEW = Release("v1.7.0", START + timedelta(hours=20))
NOT_FOUND = failure(
    f"HTTP 404: Not Found (https://api.github.com/repos/{SLUG}/actions/workflows/x.yml)"
)


def run_data(number: int, branch: str, hour: int, **fields: Any) -> dict[str, Any]:
    return {
        "databaseId": number,
        "status": "completed",
        "conclusion": "success",
        "createdAt": (START + timedelta(hours=hour)).isoformat(),
        "url": f"https://github.com/{SLUG}/actions/runs/{number}",
        "event": "push",
        "headBranch": branch,
        "workflowName": "Publish",
        **fields,
    }


def run(number: int, branch: str, hour: int) -> Run:
    return Run.parse(run_data(number, branch, hour))


def test_a_run_is_read_from_its_json() -> None:
    data = run_data(1, "main", 2, status="queued", conclusion="", event="schedule")
    assert Run.parse(data) == Run(
        id=1,
        status="queued",
        conclusion="",
        created_at=START + timedelta(hours=2),
        url=f"https://github.com/{SLUG}/actions/runs/1",
        event="schedule",
        branch="main",
        workflow="Publish",
    )


RUNS_OF_OLD = {
    "on its tag": ([run(1, "v1.6.0", 10)], 1),
    "on its tag, started again much later": ([run(1, "v1.6.0", 99)], 1),
    "on a tag of the same version": ([run(1, "chart-v1.6.0", 10)], 1),
    "on the default branch, after it": ([run(1, "main", 10)], 1),
    "on the default branch, before it": ([run(1, "main", 9)], None),
    "on the default branch, after the next release": ([run(1, "main", 20)], None),
    "on another branch": ([run(1, "topic", 11)], None),
    "on another tag": ([run(1, "v1.6.1", 11)], None),
    "the newest of several": ([run(3, "main", 21), run(2, "main", 12), run(1, "v1.6.0", 10)], 2),
}


@pytest.mark.parametrize("name", RUNS_OF_OLD)
def test_a_run_belongs_to_a_release(name: str) -> None:
    runs, expected = RUNS_OF_OLD[name]
    newest = Release("v1.8.0", START + timedelta(hours=30))
    found = run_of_release(OLD, [newest, NEW, OLD], runs, "main")
    assert (found.id if found else None) == expected


def test_a_run_on_the_default_branch_belongs_to_the_newest_release() -> None:
    found = run_of_release(NEW, [NEW, OLD], [run(1, "main", 999)], "main")
    assert found and found.id == 1


def test_deployments_are_runs_of_the_default_branch_and_of_release_tags() -> None:
    data = [
        run_data(1, "main", 1),
        run_data(2, "v1.7.0", 1),
        run_data(3, "chart-v1.7.0+build.1", 1),
        run_data(4, "1.7.0", 1),
        run_data(5, "v999.0.0-test", 1),
        run_data(6, "topic", 1),
        run_data(7, "main", 1, event="pull_request"),
        run_data(8, "main", 1, event="pull_request_target"),
        run_data(9, "main", 1, event="workflow_dispatch"),
    ]
    gh = recorded_gh({"run list": data})
    assert [found.id for found in Actions(gh).deployments("main", "x.yml")] == [1, 2, 3, 4, 9]
    assert f"run list --limit=50 --workflow=x.yml --repo {SLUG}" in commands_of(gh)[0]


@pytest.mark.parametrize(("hour", "expected"), [(21, 2), (23, 1)])
def test_a_run_that_is_not_among_the_newest_is_found_by_its_branch_or_tag(
    hour: int, expected: int
) -> None:
    answers = {
        "run list --limit=50 --workflow=x.yml --branch=main": [run_data(1, "main", hour)],
        "run list --limit=50 --workflow=x.yml --branch=v1.7.0": [run_data(2, "v1.7.0", 22)],
        "run list --limit=50 --workflow=x.yml --repo": [run_data(3, "topic", 30)],
    }
    found = Actions(recorded_gh(answers)).deployment_of(NEW, [NEW, OLD], "main", "x.yml")
    assert found and found.id == expected


def test_a_run_among_the_newest_is_asked_for_once() -> None:
    gh = recorded_gh({"run list": [run_data(1, "main", 21)]})
    found = Actions(gh).deployment_of(NEW, [NEW, OLD], "main", "x.yml")
    assert found and found.id == 1
    assert len(commands_of(gh)) == 1


def test_a_workflow_is_found_or_the_setting_is_named() -> None:
    found = recorded_gh({"api": {"name": "Publish", "state": "active"}})
    assert Actions(found).workflow("x.yml") == ("Publish", "active")
    missing = Actions(recorded_gh({"": NOT_FOUND}))
    for ask in (missing.workflow, missing.runs):
        with pytest.raises(WorkflowMissing, match=r"has no workflow x\.yml: set WORKFLOW"):
            ask("x.yml")


def test_another_error_does_not_make_a_workflow_missing() -> None:
    with pytest.raises(AccessDenied):
        Actions(recorded_gh({"api": failure("HTTP 401")})).workflow("x.yml")
    with pytest.raises(ServiceError):
        Actions(recorded_gh({"run": failure("HTTP 502")})).runs("x.yml")
    with pytest.raises(ProgramFailed):
        Actions(recorded_gh({"run": NOT_FOUND})).runs()


@pytest.mark.parametrize(
    ("output", "number"),
    [(f"https://github.com/{SLUG}/actions/runs/12\n", 12), ("Created workflow_dispatch\n", 0)],
)
def test_a_run_that_was_started_has_a_number_if_github_returned_it(
    output: str, number: int
) -> None:
    gh = recorded_gh({"workflow run": output})
    assert Actions(gh).dispatch("x.yml", "main", {"v": "@1 2"}) == number
    assert commands_of(gh) == [f"workflow run x.yml --repo {SLUG} --ref main '--raw-field=v=@1 2'"]


def test_a_run_that_is_only_planned_has_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    gh = recorded_gh(dry_run=True)
    assert Actions(gh).dispatch("x.yml", "main", {}) is None
    assert commands_of(gh) == []
    assert f"gh workflow run x.yml --repo {SLUG} --ref main\n" in capsys.readouterr().out


def test_inputs_that_github_refuses_are_bad_input() -> None:
    text = "could not create workflow dispatch event: HTTP 422: Unexpected inputs provided: x"
    error = failure(f"{text} (https://api.github.com/repos/{SLUG}/dispatches)")
    with pytest.raises(BadInput) as raised:
        Actions(recorded_gh({"workflow run": error})).dispatch("x.yml", "main", {})
    assert raised.value.what.endswith("run by hand on main: Unexpected inputs provided: x")
    with pytest.raises(AccessDenied):
        denied = failure("HTTP 401")
        Actions(recorded_gh({"workflow run": denied})).dispatch("x.yml", "main", {})


def test_a_run_is_pending_with_its_current_steps_until_it_is_completed() -> None:
    def view(status: str, jobs: list[Any]) -> Run | Pending:
        data = run_data(12, "main", 1, status=status, jobs=jobs)
        return Actions(recorded_gh({"run view 12": data})).ended(12)

    steps = [
        {"name": "Log in", "status": "completed"},
        {"name": "Push", "status": "in_progress"},
        {"name": "Verify", "status": "queued"},
    ]
    jobs = [
        {"name": "publish", "status": "in_progress", "steps": steps},
        {"name": "lint", "status": "in_progress", "steps": steps[1:]},
        {"name": "test", "status": "completed", "steps": steps},
    ]
    assert view("in_progress", jobs) == Pending("run 12 (publish: Push, lint: Push)")
    assert view("queued", []) == Pending("run 12 (queued)")
    ended = view("completed", jobs)
    assert isinstance(ended, Run) and ended.conclusion == "success"


def test_a_plan_notes_that_a_run_is_watched(capsys: pytest.CaptureFixture[str]) -> None:
    Actions(recorded_gh()).plan_watching("v1.7.0")
    assert capsys.readouterr().out == ""
    Actions(recorded_gh(dry_run=True)).plan_watching("v1.7.0")
    note = f"# the run is watched: gh run list --repo {SLUG} --branch v1.7.0\n"
    assert capsys.readouterr().out.endswith(note)

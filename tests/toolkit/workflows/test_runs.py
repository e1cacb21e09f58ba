"""Runs of the workflow: the one that was just started is recognized, and its result is reported."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tasks.toolkit.clients.github.runs import Run
from tasks.toolkit.console.waiting import Pending
from tasks.toolkit.core.errors import BadInput, CheckFailed, ServiceError
from tasks.toolkit.incident.project import Project
from tasks.toolkit.workflows.runs import ExpectedRun, report_result, rerun_command

OLD = Run(
    id=7,
    status="completed",
    conclusion="success",
    created_at=datetime(2025, 9, 25, tzinfo=UTC),
    url="https://github.com/owner/podinfo/actions/runs/7",
    event="push",
    branch="v999.0.0-test",
    workflow="Publish",
)


def project_with(runs: list[Run]) -> Project:
    actions = SimpleNamespace(runs=lambda _: runs)
    return cast(
        Project,
        SimpleNamespace(
            slug="owner/podinfo",
            settings=SimpleNamespace(workflow="publish.yml"),
            github=SimpleNamespace(actions=actions),
        ),
    )


def test_the_run_is_the_only_new_one_of_its_event_and_branch() -> None:
    runs = [OLD]
    expected = ExpectedRun(project_with(runs), "push", OLD.branch)
    assert isinstance(expected.find(), Pending)
    runs += [replace(OLD, id=8, event="release"), replace(OLD, id=9, branch="main")]
    assert isinstance(expected.find(), Pending)
    runs.append(replace(OLD, id=10))
    assert expected.find() == 10


def test_two_new_runs_cannot_be_told_apart() -> None:
    runs = [OLD]
    expected = ExpectedRun(project_with(runs), "push", OLD.branch)
    runs += [replace(OLD, id=8), replace(OLD, id=9)]
    with pytest.raises(ServiceError, match=r"2 runs started on v999\.0\.0-test at once"):
        expected.find()


def test_an_earlier_run_counts_as_in_progress_until_it_is_completed() -> None:
    waiting = replace(OLD, id=8, status="queued", conclusion="")
    assert ExpectedRun(project_with([OLD]), "push", OLD.branch).earlier_in_progress is None
    runs = [waiting, OLD]
    assert ExpectedRun(project_with(runs), "push", OLD.branch).earlier_in_progress == waiting
    assert ExpectedRun(project_with(runs), "push", "main").earlier_in_progress is None


@pytest.mark.parametrize("conclusion", ["failure", "cancelled", "skipped"])
def test_a_run_that_did_not_succeed_fails_with_the_command_that_shows_why(conclusion: str) -> None:
    run = replace(OLD, conclusion=conclusion)
    with pytest.raises(CheckFailed) as failure:
        report_result(project_with([]), run)
    assert f"ended in {conclusion}, {OLD.url}" in failure.value.what
    assert failure.value.advice == "gh run view 7 --log-failed --repo owner/podinfo"


def test_the_command_for_a_rerun_has_the_versions_that_the_workflow_accepts() -> None:
    workflow = SimpleNamespace(accepted_values=lambda values: values)
    chart = SimpleNamespace(version="1.7.0", app_version="1.7.0-beta")
    project = rerun_project(lambda _: workflow, chart)
    assert rerun_command(project, "1.6.0", "1.5") == (
        "gh workflow run publish.yml main chart_version=1.6.0 app_version=1.5"
    )
    assert rerun_command(project, "", "").endswith("chart_version=1.7.0 app_version=1.7.0-beta")


def test_a_workflow_that_cannot_be_read_leaves_the_command_without_inputs() -> None:
    def unreadable(_: str) -> Any:
        raise BadInput("publish.yml is not YAML", "correct it")

    project = rerun_project(unreadable, SimpleNamespace(version="1.7.0", app_version=""))
    assert rerun_command(project, "", "") == "gh workflow run publish.yml main"


def rerun_project(workflow_at: Any, chart: SimpleNamespace) -> Project:
    def dispatch_command(file: str, ref: str, values: dict[str, str]) -> list[str]:
        inputs = [f"{name}={value}" for name, value in values.items()]
        return ["workflow", "run", file, ref, *inputs]

    actions = SimpleNamespace(dispatch_command=dispatch_command)
    return cast(
        Project,
        SimpleNamespace(
            default_branch="main",
            settings=SimpleNamespace(workflow="publish.yml"),
            git=SimpleNamespace(fetch=lambda _: "abc"),
            github=SimpleNamespace(actions=actions),
            chart_at=lambda _: chart,
            workflow_at=workflow_at,
        ),
    )

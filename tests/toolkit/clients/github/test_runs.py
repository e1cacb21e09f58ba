"""Runs of workflows: which of them publish, and what came of their jobs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tasks.toolkit.clients.github.runs import Job, Run, steps_of, with_outcome_of

from .conftest import hours


def run(number: int, branch: str, hour: int, event: str = "push") -> Run:
    """Return a run that succeeded."""
    return Run(
        id=number,
        status="completed",
        conclusion="success",
        created_at=hours(hour),
        url="",
        event=event,
        branch=branch,
        workflow="Publish",
    )


@pytest.mark.parametrize(
    "branch",
    [
        "main",
        "v1.7.0",
        "chart-v1.7.0+build.1",
        "1.7.0",
    ],
)
@pytest.mark.parametrize("event", ["push", "release", "workflow_dispatch"])
def test_a_run_on_the_default_branch_or_a_release_tag_is_a_deployment(
    branch: str,
    event: str,
) -> None:
    assert run(1, branch, 1, event).is_deployment("main")


OTHERS = [
    ("v999.0.0-test", "push"),
    ("topic", "push"),
    ("release-1.x", "push"),
    ("main", "pull_request"),
    ("main", "pull_request_target"),
]


@pytest.mark.parametrize(("branch", "event"), OTHERS)
def test_other_runs_publish_nothing_for_users(branch: str, event: str) -> None:
    assert not run(1, branch, 1, event).is_deployment("main")


def test_a_run_was_in_progress_from_its_start_to_its_end() -> None:
    ended = replace(run(1, "main", 10), updated_at=hours(12))
    assert [ended.was_at(hours(hour)) for hour in (9, 10, 12, 13)] == [False, True, True, False]
    running = replace(ended, status="in_progress", conclusion="")
    assert running.was_at(hours(99))


def job(name: str, conclusion: str, *steps: tuple[str, str]) -> Job:
    """Return a job, which runs if it has no conclusion, with the conclusions of its steps."""
    listed = []
    for step, ending in steps:
        status = "completed" if ending else "in_progress"
        listed.append({"name": step, "status": status, "conclusion": ending or None})
    status = "completed" if conclusion else "in_progress"
    data = {"name": name, "status": status, "conclusion": conclusion or None, "steps": listed}
    return Job.parse(data)


def test_the_steps_that_run_now_and_those_that_failed_are_named_with_their_jobs() -> None:
    jobs = [
        job("publish", "", ("Log in", "success"), ("Push", "")),
        job("lint", "failure", ("Lint", "failure"), ("Render", "cancelled"), ("Tidy", "skipped")),
        Job.parse({"name": "queued", "status": "queued", "conclusion": None, "steps": None}),
    ]
    assert steps_of(jobs) == ["publish: Push"]
    assert steps_of(jobs, failed=True) == ["lint: Lint", "lint: Render"]


OUTCOMES = [
    (["success", "success"], "completed", "success"),
    (["success", "skipped"], "completed", "success"),
    (["skipped", "skipped"], "completed", "skipped"),
    (["success", "failure"], "completed", "failure"),
    (["cancelled", "timed_out"], "completed", "timed_out"),
    (["failure", ""], "in_progress", ""),
]


@pytest.mark.parametrize(("conclusions", "status", "conclusion"), OUTCOMES)
def test_a_run_gets_the_outcome_of_some_of_its_jobs(
    conclusions: list[str], status: str, conclusion: str
) -> None:
    jobs = [job("publish", ending) for ending in conclusions]
    for whole in ("failure", "success"):
        outcome = with_outcome_of(replace(run(1, "main", 1), conclusion=whole), jobs)
        assert (outcome.status, outcome.conclusion) == (status, conclusion)


def test_a_run_that_waits_for_a_runner_is_still_queued() -> None:
    queued = replace(run(1, "main", 1), status="queued", conclusion="")
    assert with_outcome_of(queued, [job("publish", "")]).status == "queued"

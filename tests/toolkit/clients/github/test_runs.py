"""Runs of workflows: which of them publish, and which published a release."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.github.releases import Release
from tasks.toolkit.clients.github.runs import Run, current_steps, run_of_release

from .conftest import hours

OLD = Release("v1.6.0", hours(10))
NEW = Release("v1.7.0", hours(20))
NEWEST = Release("v1.8.0", hours(30))


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


RUNS_OF_OLD = {
    "on its tag": ([run(1, "v1.6.0", 10)], 1),
    "on its tag, started again much later": ([run(1, "v1.6.0", 99)], 1),
    "on a tag of the same version": ([run(1, "chart-v1.6.0", 10)], 1),
    "on the default branch, after it": ([run(1, "main", 10)], 1),
    "on the default branch, before it": ([run(1, "main", 9)], None),
    "on the default branch, after the next release": ([run(1, "main", 20)], None),
    "on another branch": ([run(1, "topic", 11)], None),
    "on another tag": ([run(1, "v1.6.1", 11)], None),
    "the newest of several": (
        [
            run(3, "main", 21),
            run(2, "main", 12),
            run(1, "v1.6.0", 10),
        ],
        2,
    ),
}


@pytest.mark.parametrize("name", RUNS_OF_OLD)
def test_a_run_belongs_to_a_release(name: str) -> None:
    runs, expected = RUNS_OF_OLD[name]
    found = run_of_release(
        OLD,
        [NEWEST, NEW, OLD],
        runs,
        "main",
    )
    assert (found.id if found else None) == expected


def test_a_run_on_the_default_branch_belongs_to_the_newest_release() -> None:
    late = run(1, "main", 999)
    assert (
        run_of_release(
            NEW,
            [NEW, OLD],
            [late],
            "main",
        )
        == late
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
    ("main", "pull_request"),
    ("main", "pull_request_target"),
]


@pytest.mark.parametrize(("branch", "event"), OTHERS)
def test_other_runs_publish_nothing_for_users(branch: str, event: str) -> None:
    assert not run(1, branch, 1, event).is_deployment("main")


def test_the_steps_that_run_now_are_those_in_progress_of_jobs_in_progress() -> None:
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
    assert current_steps(jobs) == ["publish: Push", "lint: Push"]

"""The state of the workflows: the newest run of each counts, and only a bad end is a failure."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.github.runs import Run
from tasks.toolkit.reports.contact import has_failed, newest_of_each_workflow

from .conftest import AT


def run(workflow: str, number: int, conclusion: str = "success") -> Run:
    return Run(
        id=number,
        status="completed" if conclusion else "in_progress",
        conclusion=conclusion,
        created_at=AT,
        url=f"https://github.com/o/podinfo/actions/runs/{number}",
        event="push",
        branch="main",
        workflow=workflow,
    )


def test_the_newest_run_of_each_workflow_counts() -> None:
    runs = [
        run("Publish", 4),
        run("Lint", 3),
        run("Publish", 2),
        run("Lint", 1),
    ]
    newest = newest_of_each_workflow(runs)
    assert {found.id for found in newest} == {4, 3}


@pytest.mark.parametrize("conclusion", ["failure", "cancelled", "timed_out"])
def test_a_run_that_ended_badly_has_failed(conclusion: str) -> None:
    assert has_failed(run("Publish", 1, conclusion))


@pytest.mark.parametrize("conclusion", ["success", "skipped", "neutral", ""])
def test_a_run_that_ended_well_or_goes_on_has_not_failed(conclusion: str) -> None:
    assert not has_failed(run("Publish", 1, conclusion))

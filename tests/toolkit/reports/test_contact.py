"""The state of the workflows: the newest run of each counts, and only a bad end is a failure."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from tasks.toolkit.clients.github.runs import Run
from tasks.toolkit.incident.project import Project
from tasks.toolkit.reports.contact import has_failed, newest_runs


def run(workflow: str, number: int) -> Run:
    return cast(Run, SimpleNamespace(workflow=workflow, id=number))


def test_the_newest_run_of_each_workflow_counts() -> None:
    runs = [run("Publish", 4), run("Lint", 3), run("Publish", 2), run("Lint", 1)]
    actions = SimpleNamespace(deployments=lambda _: runs)
    project = SimpleNamespace(default_branch="main", github=SimpleNamespace(actions=actions))
    assert {found.id for found in newest_runs(cast(Project, project))} == {4, 3}


@pytest.mark.parametrize(
    ("state", "conclusion", "failed"),
    [
        ("completed", "failure", True),
        ("completed", "cancelled", True),
        ("completed", "timed_out", True),
        ("completed", "success", False),
        ("completed", "skipped", False),
        ("completed", "neutral", False),
        ("in_progress", "", False),
    ],
)
def test_a_run_has_failed_if_it_ended_badly(state: str, conclusion: str, failed: bool) -> None:
    ended = cast(Run, SimpleNamespace(status=state, conclusion=conclusion))
    assert has_failed(ended) == failed

"""The redeployment: which run is run again, and what would be overwritten is not run at all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.sandbox.world import World
from tasks.toolkit.clients.github.runs import Run
from tasks.toolkit.core.errors import Refused
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.workflows.redeployment import may_run_again, redeploy

from ..diagnosis.staging import VALUES, add_release, make_log, make_project, publish


def test_a_version_that_is_published_is_not_published_again_with_other_files(
    world: World, tmp_path: Path
) -> None:
    add_release(world, "1.6.1", "1.6.0", hours=1)
    publish(world, "1.6.1")
    world.commit("feat: two replicas", {VALUES: ("replicas: 1", "replicas: 2")})
    world.git("push", "--quiet", "origin", "main")
    runs = len(world.github.runs)
    with pytest.raises(Refused, match=r"1\.6\.1 is published, and on main .*values\.yaml"):
        redeploy(make_project(world), make_log(tmp_path))
    assert len(world.github.runs) == runs


def make_run(commit: str, event: str = "push", conclusion: str = "failure", number: int = 7) -> Run:
    """Return a run of the default branch that has ended."""
    return Run(
        id=number,
        status="completed",
        conclusion=conclusion,
        created_at=datetime.now(UTC),
        url="",
        event=event,
        branch="main",
        workflow="Publish",
        commit=commit,
    )


def test_only_a_failed_run_of_the_newest_commit_whose_inputs_are_ours_is_run_again(
    world: World,
) -> None:
    project = make_project(world)
    tip = project.fetch_tip()
    facts = Facts(run=9, good_commit=tip)
    assert may_run_again(project, facts, make_run(tip))
    assert may_run_again(project, facts, make_run(tip, "workflow_dispatch", number=9))
    assert not may_run_again(project, facts, make_run(tip, "workflow_dispatch", number=8))
    assert not may_run_again(project, facts, make_run(tip, conclusion="startup_failure"))
    earlier = make_run(tip)
    world.commit("docs: more", {VALUES: ("replicas: 1", "replicas: 2")})
    world.git("push", "--quiet", "origin", "main")
    assert not may_run_again(make_project(world), facts, earlier)


def test_where_nobody_can_start_a_run_only_one_with_the_revert_is_run_again(
    podinfo: World,
) -> None:
    project = make_project(podinfo, WORKFLOW="release.yml")
    earlier = podinfo.git("rev-parse", "HEAD")
    good = podinfo.commit("fix: the revert", {"README.md": ("podinfo", "Podinfo")})
    podinfo.commit("docs: as it was", {"README.md": ("Podinfo", "podinfo")})
    podinfo.git("push", "--quiet", "origin", "HEAD")
    facts = Facts(good_commit=good)
    assert may_run_again(project, facts, make_run(good))
    assert not may_run_again(project, facts, make_run(earlier))

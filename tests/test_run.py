"""Local shortcuts: workflow runs."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import World

from .conftest import Person, set_outcome
from .toolkit.diagnosis.staging import add_run, fail_step

LOG = "\n".join(f"line {number}" for number in range(100)) + "\nError: \x1b]0;denied\n"


@pytest.mark.thorough
def test_the_failed_step_of_the_newest_failed_run_is_shown(world: World, person: Person) -> None:
    assert "no run of publish-helm.yml has failed" in person("run.logs").stderr
    assert "has no run to watch" in person.refused("run.watch", 1)
    old = add_run(world, "main", "failure", 3)
    fail_step(old, "publish: Old", log="old\n")
    failed = add_run(world, "main", "failure", 2)
    fail_step(failed, "publish: Push", after=["Lint"], log=LOG)
    shown = person("run.logs").stdout.splitlines()
    assert shown[0].endswith(f"/actions/runs/{failed.id}")
    assert shown[1] == "publish: Push"
    assert shown[-1] == "Error: \\x1b]0;denied"
    assert "line 99" in shown
    assert "line 50" not in shown
    assert len(shown) == 42
    whole = person("run.logs --all").stdout.splitlines()
    assert whole[2:4] == ["Run Push", "line 0"]
    url = f"https://github.com/{world.slug}/actions/runs/{old.id}"
    assert "publish: Old" in person(f"run.logs --run {url}").stdout
    add_run(world, "main", "cancelled", 1.5)
    assert "publish: Push" in person("run.logs").stdout
    newer = add_run(world, "main", "success", 1)
    assert "a newer run succeeded" in person("run.logs").stderr
    assert f"run {newer.id} did not fail" in person(f"run.logs --run {newer.id}").stderr
    assert "has no run 999" in person.refused("run.logs --run 999")
    assert "--run 'x' is not a number" in person.refused("run.logs --run x")

    failed.jobs["publish"].steps["Push"].log = ""
    for step in failed.jobs["publish"].steps.values():
        step.conclusion = "cancelled"
    gone = person("run.logs", 3)
    assert "publish: " in gone.stdout
    assert "the log of the job publish is gone" in gone.stderr


@pytest.mark.thorough
def test_the_newest_run_is_followed_until_it_ends(world: World, person: Person) -> None:
    run = add_run(world, "main", "success", 1)
    assert f"run {run.id} on main: success" in person("run.watch").stderr
    fail_step(run, "publish: Push")
    set_outcome(run, "failure")
    line = person.refused("run.watch", 1)
    assert "ended in failure, failed step: publish: Push" in line
    assert f"invoke run.logs --run {run.id}" in line
    set_outcome(run, None, "in_progress")
    add_run(world, "main", "success")  # begun later, and over
    limit = {"WAIT_TIMEOUT": "0.5"}
    assert "it did not happen" in person.refused("run.watch", 3, limit)
    assert "has not ended" in person.refused(f"run.logs --run {run.id}", 1)

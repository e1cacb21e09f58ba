"""A run executes what its workflow says."""

from __future__ import annotations

import time

from tasks.sandbox.github.runs import Run
from tasks.sandbox.github.state import State

from .conftest import Clone

PATH = ".github/workflows/try.yml"
HEAD = """\
name: Try
on: workflow_dispatch
env: {A: "1"}
jobs:
"""
RESULTS = """\
  first:
    runs-on: ubuntu-latest
    outputs: {x: "${{ steps.a.outputs.x }}"}
    steps:
    - {id: a, run: 'echo x=7 >> "$GITHUB_OUTPUT"; echo "${{ secrets.GITHUB_TOKEN }}"'}
    - {name: Never, if: "github.actor == 'nobody'", run: "exit 1"}
  second:
    needs: first
    name: The second
    runs-on: ubuntu-latest
    steps:
    - {env: {B: "${{ env.A }}2"}, run: 'test "$A-$B-${{ needs.first.outputs.x }}" = 1-12-7'}
    - {run: "exit 3"}
    - {run: "true"}
    - {if: always(), run: "true"}
  last:
    needs: second
    runs-on: ubuntu-latest
    steps: [{run: "true"}]
"""
ALONE = """\
  alone:
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v4
    - {id: here, run: 'git log -1 --format=%H'}
    - {id: home, run: 'echo "$HOME"'}
    - {id: token, run: 'echo "${GITHUB_TOKEN-none} ${REPO_DIR-none}"'}
"""
UNKNOWN_ACTION = """\
  only:
    runs-on: ubuntu-latest
    steps:
    - {run: "true"}
    - {uses: nobody/nothing@v1}
"""
SLOW = """\
  slow:
    runs-on: ubuntu-latest
    steps: [{run: sleep 60}, {run: "true"}]
"""


def begun(github: State, clone: Clone, jobs: str) -> Run:
    """Begin a run of jobs, given as YAML."""
    clone.push("main", "", HEAD + jobs, PATH)
    run = github.actions.dispatch(PATH, "main", {})
    assert run
    return run


def test_each_job_and_each_step_has_a_result(github: State, clone: Clone) -> None:
    run = begun(github, clone, RESULTS)
    assert run.wait(20) == "failure"
    conclusions = {name: job.conclusion for name, job in run.jobs.items()}
    assert conclusions == {"first": "success", "The second": "failure", "last": "skipped"}
    first, never = run.jobs["first"].steps.values()
    assert (first.name, first.log) == (
        'Run echo x=7 >> "$GITHUB_OUTPUT"; echo "${{ secrets.GITHUB_TOKEN }}"',
        "***\n",
    )
    assert (never.name, never.conclusion) == ("Never", "skipped")
    steps = run.jobs["The second"].steps.values()
    assert [step.conclusion for step in steps] == ["success", "failure", "skipped", "success"]
    assert "exit status 3" in run.jobs["The second"].steps["1"].log
    assert list(github.actions.workdir.iterdir()) == []


def test_a_job_has_a_home_a_folder_and_an_environment_of_its_own(
    github: State,
    clone: Clone,
) -> None:
    github.actions.env = {**github.actions.env, "GITHUB_TOKEN": "personal", "REPO_DIR": "/mine"}
    run = begun(github, clone, ALONE)
    assert run.wait(20) == "success"
    steps = run.jobs["alone"].steps
    assert steps["here"].log.strip() == run.head_sha
    assert steps["home"].log.startswith(str(github.actions.workdir))
    assert steps["token"].log == "none none\n"


def test_an_unknown_action_fails_its_job_and_nothing_is_fetched(
    github: State,
    clone: Clone,
) -> None:
    run = begun(github, clone, UNKNOWN_ACTION)
    assert run.wait(20) == "failure"
    assert "failed to read 'action.yml' from action 'nobody/nothing@v1'" in run.log


def test_a_cancelled_run_ends_at_once(github: State, clone: Clone) -> None:
    run = begun(github, clone, SLOW)
    job = run.jobs["slow"]
    deadline = time.monotonic() + 20
    while job.steps["0"].status != "in_progress":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    run.cancel()
    assert run.wait(0) == "cancelled"
    assert job.conclusion == "cancelled"
    assert [step.conclusion for step in job.steps.values()] == ["cancelled", "skipped"]

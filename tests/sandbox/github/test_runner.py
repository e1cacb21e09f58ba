"""A run executes what its workflow says."""

from __future__ import annotations

import threading
from pathlib import Path

import yaml

from tasks.sandbox.github.runner import Runner
from tasks.sandbox.github.runs import Run, create_jobs

ENV = {"PATH": "/usr/bin:/bin", "GITHUB_TOKEN": "personal"}


def run_of(tmp_path: Path, jobs: str) -> tuple[Run, Runner]:
    """Return a run of jobs, given as YAML, and its runner."""
    context = {"github": {}, "inputs": {}, "secrets": {"GITHUB_TOKEN": "hush"}}
    run = Run("run", 1, jobs=create_jobs(1, yaml.safe_load(jobs)), context=context)
    return run, Runner(run, tmp_path, tmp_path, ENV)


def executed(tmp_path: Path, jobs: str) -> Run:
    """Execute jobs, given as YAML, and return the run."""
    run, runner = run_of(tmp_path, jobs)
    runner.execute()
    return run


def test_a_failure_skips_later_steps_and_the_jobs_that_need_it(tmp_path: Path) -> None:
    run = executed(
        tmp_path,
        """
        last: {needs: [second], steps: [{run: "true"}]}
        first: {steps: [{run: "true"}]}
        second: {needs: first, steps: [{run: "exit 3"}, {run: "touch no"}]}
        """,
    )
    conclusions = {key: job.conclusion for key, job in run.jobs.items()}
    assert conclusions == {"first": "success", "second": "failure", "last": "skipped"}
    steps = run.jobs["second"].steps.values()
    assert [step.conclusion for step in steps] == ["failure", "skipped"]
    assert run.conclusion == "failure"
    assert list(tmp_path.iterdir()) == []


def test_outputs_reach_later_steps(tmp_path: Path) -> None:
    run = executed(
        tmp_path,
        """
        first:
          steps:
          - {id: a, run: 'echo x=1 >> "$GITHUB_OUTPUT"'}
          - {run: 'test "${{ steps.a.outputs.x }}" = 1'}
        """,
    )
    assert run.conclusion == "success"


def test_the_token_is_masked_and_the_person_s_own_is_not_passed_on(tmp_path: Path) -> None:
    jobs = """
        a: {steps: [{run: 'echo "${{ secrets.GITHUB_TOKEN }}" "${GITHUB_TOKEN-none}"'}]}
    """
    run = executed(tmp_path, jobs)
    assert run.jobs["a"].steps["1"].log == "*** none\n"


def test_variables_build_on_one_another(tmp_path: Path) -> None:
    jobs = """
        a:
          env: {A: "1"}
          steps: [{env: {B: "${{ env.A }}2"}, run: 'test "$A$B" = 112'}]
    """
    assert executed(tmp_path, jobs).conclusion == "success"


def test_a_step_has_a_name(tmp_path: Path) -> None:
    jobs = """
        a: {steps: [{uses: actions/checkout@v4}, {run: "echo 1"}, {name: Lint, run: true}]}
    """
    run, _ = run_of(tmp_path, jobs)
    names = [step.name for step in run.jobs["a"].steps.values()]
    assert names == ["Run actions/checkout@v4", "Run echo 1", "Lint"]


def test_a_script_may_be_no_text_in_yaml(tmp_path: Path) -> None:
    assert executed(tmp_path, "a: {steps: [{run: true}]}").conclusion == "success"


def test_a_step_is_skipped_unless_its_condition_holds(tmp_path: Path) -> None:
    run = executed(
        tmp_path,
        """
        a:
          steps:
          - {if: "github.actor == 'nobody'", run: "exit 1"}
          - {if: "always()", run: "true"}
        """,
    )
    first, second = run.jobs["a"].steps.values()
    assert (first.conclusion, second.conclusion) == ("skipped", "failure")
    assert "functions are not supported" in second.log


def test_a_cancelled_run_ends_at_once(tmp_path: Path) -> None:
    run, runner = run_of(tmp_path, "a: {steps: [{run: sleep 60}, {run: 'true'}]}")
    thread = threading.Thread(target=runner.execute)
    thread.start()
    while not run.process:
        pass
    run.cancel()
    thread.join(10)
    assert run.wait(0) == "cancelled"
    steps = run.jobs["a"].steps.values()
    assert [step.conclusion for step in steps] == ["failure", "skipped"]

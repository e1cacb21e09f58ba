"""A run holds the jobs of the workflows that it calls."""

from __future__ import annotations

from tasks.sandbox.github.state import State

from .conftest import Clone

CALLER_PATH = ".github/workflows/release.yml"
CALLED_PATH = ".github/workflows/called.yml"
CALLED = """\
on:
  workflow_call: {inputs: {version: {type: string, required: true}}}
jobs:
  package:
    strategy: {matrix: {chart: [a, b]}}
    runs-on: ubuntu-latest
    steps: [{run: 'test "${{ inputs.version }}" = 1.7.0'}]
  publish:
    needs: package
    runs-on: ubuntu-latest
    steps: [{run: "true"}]
"""
CALLER = """\
name: Release
on: {push: {branches: [main]}}
jobs:
  publish-helm:
    uses: ./.github/workflows/called.yml
    with: {version: 1.7.0}
  again:
    if: github.ref_name == 'other'
    uses: ./.github/workflows/called.yml
    with: {version: 1.7.1}
"""


def test_a_called_workflow_has_no_run_but_jobs_in_that_of_its_caller(
    github: State, clone: Clone
) -> None:
    github.actions.disabled = True
    clone.push("main", "", CALLED, CALLED_PATH)
    github.sync()
    github.actions.disabled = False
    clone.push("main", "", CALLER, CALLER_PATH)
    assert github.settle() == "success"
    (run,) = github.runs
    called = {
        "path": f"stianfro/threek8s/{CALLED_PATH}@refs/heads/main",
        "sha": run.head_sha,
        "ref": "refs/heads/main",
    }
    assert run.referenced == [called]
    assert {name: job.conclusion for name, job in run.jobs.items()} == {
        "publish-helm / package (a)": "success",
        "publish-helm / package (b)": "success",
        "publish-helm / publish": "success",
        "again": "skipped",
    }
    assert len({job.id for job in run.jobs.values()}) == 4

"""Another attempt of a run: jobs that succeeded are not executed again, and their outputs stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.github.records import Refusal
from tasks.sandbox.github.runs import Run
from tasks.sandbox.github.state import State

from .conftest import Clone

CALLED_PATH = ".github/workflows/called.yml"
CALLED = """\
on:
  workflow_call: {inputs: {version: {type: string, required: true}}}
jobs:
  package:
    runs-on: ubuntu-latest
    outputs: {archive: "${{ steps.archive.outputs.name }}"}
    steps:
      - run: echo package >> FOLDER/executed
      - id: archive
        run: echo "name=chart-${{ inputs.version }}.tgz" >> "$GITHUB_OUTPUT"
  publish:
    needs: package
    runs-on: ubuntu-latest
    steps:
      - run: test -e FOLDER/registry
      - run: echo "${{ needs.package.outputs.archive }}" >> FOLDER/executed
"""
CALLER = """\
name: Release
on: {push: {branches: [main]}}
jobs:
  release:
    runs-on: ubuntu-latest
    outputs: {version: "${{ steps.release.outputs.version }}"}
    steps:
      - id: release
        run: |
          echo release >> FOLDER/executed
          printf 'version<<E\\n%s\\nE\\n' "1.7.0" >> "$GITHUB_OUTPUT"
  publish-helm:
    needs: release
    uses: ./.github/workflows/called.yml
    with: {version: "${{ needs.release.outputs.version }}"}
"""


@pytest.fixture
def failed(github: State, clone: Clone, tmp_path: Path) -> Run:
    """Return a run whose last job failed, since there is no registry."""
    github.actions.disabled = True
    clone.push("main", "", CALLED.replace("FOLDER", str(tmp_path)), CALLED_PATH)
    github.sync()
    github.actions.disabled = False
    caller = CALLER.replace("FOLDER", str(tmp_path))
    clone.push("main", "", caller, ".github/workflows/release.yml")
    assert github.settle() == "failure"
    assert _executed(tmp_path) == ["release", "package"]
    return github.runs[0]


def _executed(folder: Path) -> list[str]:
    return (folder / "executed").read_text().split()


def test_only_the_failed_job_is_executed_again_with_the_outputs_of_the_others(
    github: State, failed: Run, tmp_path: Path
) -> None:
    earlier = {name: job.id for name, job in failed.jobs.items()}
    (tmp_path / "registry").touch()
    github.actions.rerun(failed, only_failed=True)
    assert github.settle() == "success"
    assert _executed(tmp_path) == ["release", "package", "chart-1.7.0.tgz"]
    assert github.runs == [failed]
    assert failed.attempt == 2
    assert {job.conclusion for job in failed.jobs.values()} == {"success"}
    new = {name for name, job in failed.jobs.items() if job.id != earlier[name]}
    assert new == {"publish-helm / publish"}


def test_all_jobs_are_executed_again(github: State, failed: Run, tmp_path: Path) -> None:
    github.actions.rerun(failed, only_failed=False)
    assert github.settle() == "failure"
    assert _executed(tmp_path) == ["release", "package"] * 2


def test_a_run_without_a_failed_job_cannot_be_retried(
    github: State, failed: Run, tmp_path: Path
) -> None:
    (tmp_path / "registry").touch()
    github.actions.rerun(failed, only_failed=True)
    with pytest.raises(Refusal, match="already running"):
        github.actions.rerun(failed, only_failed=True)
    github.settle()
    with pytest.raises(Refusal, match="cannot be retried"):
        github.actions.rerun(failed, only_failed=True)

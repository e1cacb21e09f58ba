"""A release makes its tag, and runs workflows."""

from __future__ import annotations

from tasks.sandbox.github.state import State

from .conftest import Clone

PATH = ".github/workflows/released.yml"
RELEASED = """\
name: Released
on: {release: {types: [published]}}
jobs:
  show:
    runs-on: ubuntu-latest
    steps: [{run: 'test "${{ github.event.release.tag_name }}" = v1'}]
"""


def test_a_release_runs_the_workflow_that_wants_it_unless_a_job_made_it(
    github: State, clone: Clone
) -> None:
    clone.push("main", "", RELEASED, PATH)
    github.create_release("draft", "A draft", "", draft=True)
    github.job_acts = True
    github.create_release("v0", "By a job", "")
    github.job_acts = False
    assert github.settle() == ""
    github.create_release("v1", "By hand", "")
    assert github.settle() == "success"
    (run,) = github.runs
    assert (run.event, run.head_branch) == ("release", "v1")


def test_the_tag_of_a_release_is_at_its_target(github: State, clone: Clone) -> None:
    first = clone.git("rev-parse", "main")
    clone.push("main", "two", "2")
    github.create_release("v1", "v1", "", target=first)
    github.create_release("v2", "v2", "")
    refs = github.repository.refs()
    assert refs["refs/tags/v1"] == first
    assert refs["refs/tags/v2"] == refs["refs/heads/main"] != first


def test_a_draft_has_no_tag_until_it_is_published(github: State) -> None:
    draft = github.create_release("v1", "v1", "", draft=True)
    assert "refs/tags/v1" not in github.repository.refs()
    github.publish(draft)
    github.sync()
    assert "refs/tags/v1" in github.repository.refs()
    assert not draft.draft

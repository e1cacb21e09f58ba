"""Pushes and people make workflows run."""

from __future__ import annotations

import pytest

from tasks.sandbox.github.events import complete_inputs
from tasks.sandbox.github.push_filters import matches_paths, matches_ref
from tasks.sandbox.github.records import Refusal
from tasks.sandbox.github.state import State

from .conftest import Clone

PATH = ".github/workflows/publish.yml"
WORKFLOW = """\
name: Publish
on:
  push: {tags: ["v*"]}
  workflow_dispatch: {inputs: {version: {required: true}}}
jobs:
  show:
    runs-on: ubuntu-latest
    steps:
    - run: test "$GITHUB_REF_NAME" = "${{ inputs.version || 'v1' }}"
"""
each_filter = pytest.mark.parametrize(
    ("filters", "ref", "result"),
    [
        ({}, "refs/heads/main", True),
        ({"tags": ["v*"]}, "refs/tags/v1.0.0", True),
        ({"tags": ["v*"]}, "refs/tags/chart-v1.0.0", False),
        ({"tags": ["v*"]}, "refs/heads/v1", False),
        ({"branches": ["feature/*"]}, "refs/heads/feature/a", True),
        ({"branches": ["feature/*"]}, "refs/heads/feature/a/b", False),
        ({"branches": ["feature/**"]}, "refs/heads/feature/a/b", True),
    ],
)
each_path = pytest.mark.parametrize(
    ("changed", "result"),
    [
        (["charts/a/Chart.yaml", "README.md"], True),
        (["README.md"], False),
        ([], False),
    ],
)
each_wrong_input = pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "Required input 'version' not provided"),
        ({"version": "1", "x": "1"}, 'Unexpected inputs provided: ["x"]'),
    ],
)


@each_filter
def test_a_push_passes_filters(
    filters: dict[str, list[str]],
    ref: str,
    result: bool,
) -> None:
    assert matches_ref(filters, ref) is result


@each_path
def test_a_push_needs_a_path_that_passes_the_filter(changed: list[str], result: bool) -> None:
    assert matches_paths({"paths": ["charts/**"]}, changed) is result


def test_inputs_have_defaults() -> None:
    declared = {
        "version": {"required": True},
        "dry": {"default": False},
        "note": {},
    }
    inputs = complete_inputs(declared, {"version": "1.0.0"})
    assert inputs == {
        "version": "1.0.0",
        "dry": "false",
        "note": "",
    }


@each_wrong_input
def test_wrong_inputs_are_refused(given: dict[str, str], text: str) -> None:
    declared = {"version": {"required": True}}
    with pytest.raises(Refusal) as caught:
        complete_inputs(declared, given)
    assert str(caught.value) == text


def test_a_pushed_tag_runs_the_workflow_that_wants_it(github: State, clone: Clone) -> None:
    clone.push("main", "", WORKFLOW, PATH)
    github.sync()
    assert github.runs == []
    clone.git("push", "--quiet", "origin", "HEAD:refs/tags/v1")
    assert github.settle() == "success"
    (run,) = github.runs
    assert run.name == "Publish"
    assert run.event == "push"
    assert run.head_branch == "v1"
    refs = github.repository.refs()
    assert run.head_sha == refs["refs/heads/main"]


def test_disabled_actions_run_nothing(github: State, clone: Clone) -> None:
    github.actions.disabled = True
    clone.push("main", "", WORKFLOW, PATH)
    clone.git("push", "--quiet", "origin", "HEAD:refs/tags/v1")
    github.sync()
    run = github.actions.dispatch(PATH, "main", {"version": "main"})
    assert run is None
    assert github.runs == []


def test_a_workflow_runs_by_hand_on_a_branch(github: State, clone: Clone) -> None:
    clone.push("main", "", WORKFLOW, PATH)
    run = github.actions.dispatch(PATH, "main", {"version": "main"})
    assert run
    assert run.wait(10) == "success"
    assert run.event == "workflow_dispatch"


def test_a_workflow_needs_a_ref_and_the_trigger(github: State, clone: Clone) -> None:
    workflow = WORKFLOW.replace("workflow_dispatch", "workflow_call")
    clone.push("main", "", workflow, PATH)
    with pytest.raises(Refusal, match="No ref found for: nothing"):
        github.actions.dispatch(PATH, "nothing", {})
    with pytest.raises(Refusal, match="does not have 'workflow_dispatch' trigger"):
        github.actions.dispatch(PATH, "main", {})

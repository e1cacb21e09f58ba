"""Where a workflow pushes, with its callers' inputs and the workflows that it calls."""

from __future__ import annotations

import time

import pytest

from tasks.toolkit.clients.github.workflow_file import Workflow
from tasks.toolkit.clients.github.workflow_paths import find_references

SLUG = "Owner/name"
PUSH = """
jobs: {push: {runs-on: x, steps: [{run: 'helm push x "oci://${{ inputs.registry }}"'}]}}
"""
CALLED = f"on: {{workflow_call: {{inputs: {{registry: {{type: string}}}}}}}}{PUSH}"


def pushed(**texts: str) -> set[str]:
    """Return what the workflow `push.yml` pushes to; the texts are those of all workflows."""
    workflows = {}
    for name, text in texts.items():
        path = f".github/workflows/{name}.yml"
        workflows[path] = Workflow.parse(text, path)
    found, _ = find_references(workflows, ".github/workflows/push.yml", SLUG)
    return found


def calling(called: str, given: str, on: str = "push") -> str:
    return f"on: {on}\njobs: {{a: {{uses: {called}, with: {{registry: '{given}'}}}}}}"


HERE = "./.github/workflows/push.yml"
GIVEN = [
    (HERE, "ghcr.io/x", "oci://ghcr.io/x"),
    (HERE, "ghcr.io/${{ github.repository_owner }}", "oci://ghcr.io/owner"),
    (HERE, "${{ vars.WHERE }}", "oci://${vars.WHERE}"),
    (HERE, "${{ needs.a.outputs.b }}/x", "oci://${needs.a.outputs.b}/x"),
    ("owner/name/.github/workflows/push.yml@main", "ghcr.io/x", "oci://ghcr.io/x"),
    ("other/name/.github/workflows/push.yml@main", "ghcr.io/x", "oci://${inputs.registry}"),
]


@pytest.mark.parametrize(("called", "given", "expected"), GIVEN)
def test_the_inputs_that_a_caller_gives_are_filled_in(
    called: str,
    given: str,
    expected: str,
) -> None:
    assert pushed(push=CALLED, release=calling(called, given)) == {expected}


def test_a_callers_own_inputs_are_passed_on() -> None:
    middle = calling(HERE, "${{ inputs.registry }}/charts", "{workflow_call: {}}")
    outer = calling("./.github/workflows/middle.yml", "ghcr.io/x")
    assert pushed(push=CALLED, middle=middle, outer=outer) == {"oci://ghcr.io/x/charts"}
    assert pushed(push=CALLED, middle=middle) == {"oci://${inputs.registry}"}


def test_each_way_to_start_a_workflow_counts() -> None:
    by_hand = "workflow_dispatch: {inputs: {registry: {default: ghcr.io/hand}}}"
    on = f"on: {{push: {{}}, {by_hand}, workflow_call: {{inputs: {{registry: {{}}}}}}}}"
    push = PUSH.replace("inputs.registry", "inputs.registry || ''ghcr.io/event''")
    expected = {"oci://ghcr.io/event", "oci://ghcr.io/hand", "oci://ghcr.io/call"}
    release = calling(HERE, "ghcr.io/call")
    assert pushed(push=f"{on}{push}", release=release) == expected


def test_an_event_gives_no_input_so_an_empty_host_is_no_reference() -> None:
    on = "on: {push: {}, workflow_call: {inputs: {registry: {}}}}"
    push = f"{on}{PUSH}".replace("inputs.registry }}", "inputs.registry }}/charts")
    assert pushed(push=push) == set()
    assert pushed(push=push, release=calling(HERE, "ghcr.io/x")) == {"oci://ghcr.io/x/charts"}


def test_a_default_of_a_called_workflow_counts_where_no_input_is_given() -> None:
    called = CALLED.replace("type: string", "default: ghcr.io/default")
    release = "on: push\njobs: {a: {uses: ./.github/workflows/push.yml}}"
    assert pushed(push=called, release=release) == {"oci://ghcr.io/default"}


def test_the_workflows_that_it_calls_are_a_part_of_it() -> None:
    push = calling("./.github/workflows/part.yml", "ghcr.io/part")
    assert pushed(push=push, part=CALLED) == {"oci://ghcr.io/part"}
    other = "on: push\njobs: {push: {steps: [{run: helm push x oci://ghcr.io/other}]}}"
    assert pushed(push=push, part=CALLED, other=other) == {"oci://ghcr.io/part"}


def test_workflows_that_call_one_another_end() -> None:
    texts = {}
    for name in ("push", "b", "c", "d", "e", "f", "g", "h"):
        jobs = [f"{name}{other}: {{uses: ./.github/workflows/{other}.yml}}" for other in "bcdefgh"]
        texts[name] = f"on: workflow_call\njobs: {{{', '.join(jobs)}}}"
    start = time.monotonic()
    assert pushed(**texts) == set()
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("text", ["on: push", "on: {workflow_call: x}", "on: push\njobs: [a]"])
def test_no_structure_is_an_error(text: str) -> None:
    assert pushed(push=text, other=text) == set()
    assert pushed() == set()

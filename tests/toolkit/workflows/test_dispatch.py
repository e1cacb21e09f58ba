"""Inputs of a run by hand: what GitHub would refuse is refused, with what the workflow takes."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.github.workflow_file import Workflow
from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.workflows.dispatch import ensure_inputs_accepted, parse_inputs

JOBS = "jobs: {a: {runs-on: x, steps: [{run: a}]}}"
INPUTS = "{chart_version: {required: true}, level: {required: true, default: info}, note: {}}"
WORKFLOW = f"on: {{workflow_dispatch: {{inputs: {INPUTS}}}}}\n{JOBS}"


def test_an_input_may_hold_an_equals_sign_or_nothing() -> None:
    assert parse_inputs(["a=b=c", "d="]) == {"a": "b=c", "d": ""}


@pytest.mark.parametrize("text", ["a", "=a", "a b=c", ""])
def test_an_input_without_a_name_and_a_value_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is not name=value"):
        parse_inputs(["a=b", text])


def test_optional_inputs_and_those_with_a_default_may_be_left_out() -> None:
    workflow = Workflow.parse(WORKFLOW, "publish.yml")
    ensure_inputs_accepted(workflow, "feature", {"chart_version": "1.7.0"})


REFUSED_INPUTS = [
    (WORKFLOW, {}, "needs chart_version: --input chart_version=..."),
    (WORKFLOW, {"chart_version": ""}, "needs chart_version: --input chart_version=..."),
    (
        WORKFLOW,
        {"chart_version": "1.7.0", "version": "1.7.0"},
        "has no input version: it takes chart_version, level, note",
    ),
    (f"on: workflow_dispatch\n{JOBS}", {"a": "b"}, "has no input a: it takes none"),
    (f"on: push\n{JOBS}", {}, "does not accept workflow_dispatch: add"),
]


@pytest.mark.parametrize(("text", "inputs", "message"), REFUSED_INPUTS)
def test_inputs_that_github_would_refuse_are_refused(
    text: str,
    inputs: dict[str, str],
    message: str,
) -> None:
    workflow = Workflow.parse(text, "publish.yml")
    with pytest.raises(BadInput) as refusal:
        ensure_inputs_accepted(workflow, "feature", inputs)
    assert message in str(refusal.value)

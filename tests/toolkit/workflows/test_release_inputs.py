"""The inputs of a run by hand that publishes a release are filled in by their names."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.github.workflow_file import Workflow
from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.workflows.release_inputs import ReleaseNames, release_inputs

NAMES = ReleaseNames("v1.7.0", "1.7.0", "7.1.0")


def given(inputs: str, names: ReleaseNames = NAMES) -> dict[str, str]:
    """Return the values for inputs that are written as YAML."""
    text = f"on: {{workflow_dispatch: {{inputs: {inputs}}}}}\njobs: {{}}"
    return release_inputs(Workflow.parse(text, "publish.yml"), "publish.yml", names)


FILLED = [
    ("{chart_version: {required: true}}", {"chart_version": "1.7.0"}),
    ("{Version: {type: string, default: latest}}", {"Version": "1.7.0"}),
    ("{app-version: {}, appVersion: {}}", {"app-version": "7.1.0", "appVersion": "7.1.0"}),
    ("{tag: {}, release_tag: {required: true}}", {"tag": "v1.7.0", "release_tag": "v1.7.0"}),
    ("{stage: {}, stage2: {default: a}}", {"stage2": "a"}),
    ("{n: {type: number, default: 3}}", {"n": "3"}),
    (
        "{a: {type: boolean, default: true}, b: {type: boolean, default: false}}",
        {"a": "true", "b": "false"},
    ),
    ("{tag_latest: {type: boolean, required: true}}", {"tag_latest": "false"}),
    ("{dry-run: {type: boolean, default: true}}", {"dry-run": "false"}),
    ("{level: {type: choice, required: true, options: [a, b]}}", {"level": "a"}),
    ("{version: {type: choice, options: [1.6.0, 1.7.0], default: 1.6.0}}", {"version": "1.7.0"}),
    (
        "{bump_version: {type: choice, options: [patch, minor], default: minor}}",
        {"bump_version": "minor"},
    ),
    ("{note: {}, other: {type: boolean}}", {}),
]


@pytest.mark.parametrize(("inputs", "expected"), FILLED)
def test_an_input_gets_what_its_name_and_type_ask_for(
    inputs: str, expected: dict[str, str]
) -> None:
    assert given(inputs) == expected


@pytest.mark.parametrize("options", ["{}", "{type: number}", "{type: environment}"])
def test_an_input_that_nothing_tells_is_named(options: str) -> None:
    options = options.replace("{", "{required: true, ")
    with pytest.raises(BadInput, match="needs the input reason, and what to give it cannot be"):
        given(f"{{reason: {options}}}")


def test_without_an_app_version_its_input_is_left_out_or_named() -> None:
    names = ReleaseNames("v1.7.0", "1.7.0", "")
    assert given("{app_version: {}}", names) == {}
    with pytest.raises(BadInput, match="needs the input app_version"):
        given("{app_version: {required: true}}", names)

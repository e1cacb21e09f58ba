"""The title of a run is what `run-name` says of its inputs."""

from __future__ import annotations

from tasks.sandbox.github.run_titles import title_of
from tasks.toolkit.clients.github.workflow_file import Workflow
from tasks.toolkit.workflows.laid_files import ROLLBACK

from ...conftest import PROJECT


def test_a_title_has_the_inputs_that_are_given() -> None:
    spec = Workflow.parse((PROJECT / ROLLBACK).read_text(), ROLLBACK).document
    inputs = {"what": "recover", "pr": "", "version": ""}
    assert title_of(spec, inputs) == "recover"
    inputs["version"] = "next"
    assert title_of(spec, inputs) == "recover as next"
    inputs["pr"] = "42"
    assert title_of(spec, inputs) == "recover of 42 as next"


def test_without_a_name_there_is_no_title() -> None:
    assert title_of({}, {}) == ""
    assert title_of({"run-name": "of ${{ github.actor }}"}, {}) == "of "

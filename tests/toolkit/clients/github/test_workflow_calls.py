"""Workflows that call others, and the jobs of such calls in a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from tasks.toolkit.clients.github.runs import Job
from tasks.toolkit.clients.github.workflow_calls import Call, called_files, find_calls
from tasks.toolkit.clients.github.workflow_file import Workflow

FILE = "publish.yml"
SLUG = "Owner/podinfo"
USED = f"./.github/workflows/{FILE}"


def path(file: str) -> str:
    return f".github/workflows/{file}"


def workflow(**jobs: Mapping[str, Any]) -> Workflow:
    """Return a workflow with some jobs."""
    return Workflow.parse(yaml.safe_dump({"on": "push", "jobs": jobs}, sort_keys=False), "x")


def call(file: str = FILE, **fields: Any) -> dict[str, Any]:
    return {"uses": f"./{path(file)}", **fields}


def calls(**workflows: Workflow) -> list[Call]:
    """Return the calls of FILE by workflows, which are given by the names of their files."""
    files = {path(f"{name}.yml"): workflow for name, workflow in workflows.items()}
    return list(find_calls(files, FILE, SLUG))


def job(name: str, conclusion: str = "success") -> Job:
    return Job(name, "completed", conclusion)


def test_a_call_is_named_by_the_key_or_the_name_of_its_job_and_has_its_inputs() -> None:
    release = workflow(
        lint={"steps": []},
        publish={**call(), "with": {"chart": "helm/podinfo", "dry": False}},
        again=call(name="Publish again"),
        images=call("images.yml"),
    )
    assert calls(release=release, publish=workflow(push={"steps": []})) == [
        Call(path("release.yml"), ("publish",), "helm/podinfo\nFalse"),
        Call(path("release.yml"), ("Publish again",), ""),
    ]


@pytest.mark.parametrize(
    ("used", "is_call"),
    [
        (USED, True),
        (f"owner/podinfo/{path(FILE)}@main", True),
        (f"Owner/podinfo/{path(FILE)}@v1", True),
        (f"other/podinfo/{path(FILE)}@main", False),
        (f"./{path('publish.yaml')}", False),
        (f"./{path('re-publish.yml')}", False),
        ("actions/checkout@v4", False),
        ([USED], False),
        (None, False),
    ],
)
def test_a_call_may_name_the_repository_but_not_another(used: Any, is_call: bool) -> None:
    caller = workflow(publish={"uses": used})
    assert bool(calls(release=caller)) == is_call
    assert (path(FILE) in called_files(caller, SLUG)) == is_call


def test_a_call_through_another_workflow_has_the_jobs_of_each() -> None:
    found = calls(
        release=workflow(deliver=call("deliver.yml")),
        deliver=workflow(chart=call(), images=call("images.yml")),
    )
    assert found == [
        Call(path("deliver.yml"), ("chart",), ""),
        Call(path("release.yml"), ("deliver", "chart"), "\n"),
    ]


def test_workflows_that_call_each_other_end_somewhere() -> None:
    found = calls(
        publish=workflow(again=call("a.yml")),
        a=workflow(b=call("b.yml"), publish=call(), self=call("a.yml")),
        b=workflow(a=call("a.yml"), publish=call()),
    )
    assert {(one.caller.rpartition("/")[2], one.jobs) for one in found} == {
        ("a.yml", ("publish",)),
        ("b.yml", ("publish",)),
        ("b.yml", ("a", "publish")),
        ("a.yml", ("b", "publish")),
    }


JOBS = [
    job("publish / package"),
    job("publish / push / sign"),
    job("publish-images / push"),
    job("publish"),
    job("lint"),
    job("re / publish / push"),
]


def test_the_jobs_of_a_call_are_those_below_the_name_of_its_job() -> None:
    found = Call("x", ("publish",)).called_jobs(JOBS)
    assert [one.name for one in found] == ["publish / package", "publish / push / sign"]
    nested = Call("x", ("publish", "push")).called_jobs(JOBS)
    assert [one.name for one in nested] == ["publish / push / sign"]
    assert Call("x", ("missing",)).called_jobs(JOBS) == []


NAMES = [
    ("Publish ${{ matrix.chart }} now", "Publish podinfo now / push", True),
    ("Publish ${{ matrix.chart }} now", "Publish podinfo (a, b) now / push", True),
    ("Publish ${{ matrix.chart }} now", "Publish podinfo / push", False),
    ("${{ inputs.name }}", "anything / push", True),
    ("publish", "publish (podinfo) / push", True),
    ("publish", "publish (podinfo, 1.27) / push", True),
    ("publish (x)", "publish (x) / push", True),
    ("a.b", "aXb / push", False),
]


@pytest.mark.parametrize(("name", "shown", "is_matching"), NAMES)
def test_a_name_that_only_a_run_knows_matches_each(
    name: str, shown: str, is_matching: bool
) -> None:
    assert bool(Call("x", (name,)).called_jobs([job(shown)])) == is_matching


def test_a_call_that_was_passed_over_is_one_skipped_job() -> None:
    one = Call("x", ("publish",))
    assert one.is_skipped([job("lint"), job("publish", "skipped")])
    assert one.is_skipped([job("publish (podinfo)", "skipped")])
    assert not one.is_skipped([job("publish", "success"), job("lint", "skipped")])
    assert not one.is_skipped([job("publish / push", "skipped")])
    assert one.called_jobs([job("publish", "skipped")]) == []


def test_the_files_that_a_workflow_calls_are_those_of_its_repository() -> None:
    caller = workflow(
        a=call("images.yml"), b={"uses": f"other/x/{path('y.yml')}@main"}, c={"steps": []}
    )
    assert called_files(caller, SLUG) == [path("images.yml")]
    assert called_files(Workflow.parse("on: push\njobs: [a]", "x"), SLUG) == []

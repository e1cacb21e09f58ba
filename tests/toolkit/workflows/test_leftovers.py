"""What the run of a test tag left: it is removed only on demand, or reported with the command."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tasks.toolkit.clients.github.workflow_file import Workflow
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.workflows import leftovers
from tasks.toolkit.workflows.leftovers import Leftover, find_leftovers, handle_leftovers

TAG = "v999.0.0-test"
WORKFLOW = "jobs: {a: {steps: [{run: helm push x.tgz oci://ghcr.io/o/old}, {run: helm push $X}]}}"


@pytest.mark.parametrize(
    ("tag", "command"),
    [
        (TAG, "invoke prevention.test-tag --clean"),
        ("chart-v999.1.0-x", "invoke prevention.test-tag --tag chart-v999.1.0-x --clean"),
        ("v1.7.0-rc.1", "invoke publish.withdraw --version 1.7.0-rc.1 --delete"),
    ],
)
def test_only_a_version_that_is_never_released_is_removed_as_a_tests(
    tag: str, command: str
) -> None:
    assert leftovers.removal_command(tag) == command


def project_with(published: set[str], released: bool) -> Project:
    def registry(_: Reference) -> Any:
        def manifest(reference: Reference) -> Any:
            found = SimpleNamespace(digest="sha256:0")
            return found if str(reference) in published else None

        return SimpleNamespace(manifest=manifest)

    def published_references(version: str) -> list[Reference]:
        return [Reference.parse(f"oci://ghcr.io/o/new/podinfo:{version}")]

    releases = SimpleNamespace(exists=lambda _: released, delete=lambda _: True)
    return cast(
        Project,
        SimpleNamespace(
            slug="o/podinfo",
            chart=SimpleNamespace(name="podinfo"),
            workflow_at=lambda _: Workflow.parse(WORKFLOW, "publish.yml"),
            published_references=published_references,
            registry=registry,
            github=SimpleNamespace(releases=releases),
        ),
    )


def test_a_version_is_found_wherever_the_workflow_pushes_and_users_look() -> None:
    places = {f"oci://ghcr.io/o/{folder}/podinfo:999.0.0-test" for folder in ("new", "old")}
    found = find_leftovers(project_with(places, released=True), TAG, "abc")
    assert [leftover.name for leftover in found] == [*sorted(places), f"release {TAG}"]
    assert find_leftovers(project_with(set(), released=False), TAG, "abc") == []


def test_the_release_of_a_tag_that_may_be_somebodys_is_deleted_by_gh() -> None:
    (found,) = find_leftovers(project_with(set(), released=True), "v1.7.0-rc.1", "abc")
    assert found.command == "gh release delete v1.7.0-rc.1 --repo o/podinfo"


@pytest.mark.parametrize("clean", [True, False])
def test_a_leftover_is_removed_only_on_demand(monkeypatch: pytest.MonkeyPatch, clean: bool) -> None:
    removed: list[str] = []
    lines: list[str] = []
    monkeypatch.setattr(leftovers, "status", lambda text, _: lines.append(text))
    log = cast(IncidentLog, SimpleNamespace(announce=lines.append))
    leftover = Leftover("it", lambda: removed.append("it"), "the command")
    handle_leftovers(log, [leftover], clean=clean)
    expected = "removed it" if clean else "a run left it; to remove it: the command"
    assert lines == [expected]
    assert removed == (["it"] if clean else [])

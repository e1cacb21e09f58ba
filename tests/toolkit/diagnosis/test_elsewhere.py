"""Where a chart stands that users do not find, and how they get it."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import PUSH_TO, WORKFLOW, World
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.diagnosis.elsewhere import find_elsewhere, is_alias
from tasks.toolkit.incident.project import Project

from .staging import PUBLISHED, add_release, make_project, publish

NAME = "threek8s"


def elsewhere_in(project: Project) -> tuple[str, str]:
    """Return where the newest release stands, and what is advised."""
    found = find_elsewhere(project, project.releases.newest()[0], NAME)
    return (str(found.reference), found.advice) if found else ("", "")


@pytest.fixture
def staged(world: World) -> World:
    """Give a sandbox in which 1.7.0 is published where helm pushes it."""
    add_release(world, "1.7.0", "1.6.0", hours=1)
    publish(world, "1.7.0")
    return world


def test_a_chart_under_the_appended_name_needs_an_alias(staged: World) -> None:
    folder = f"oci://{staged.registry.host}/{PUSH_TO}"
    there = f"{folder}/{NAME}:1.7.0"
    alias = "invoke publish.alias --version 1.7.0"
    assert elsewhere_in(make_project(staged, CHART_REF=folder)) == (there, alias)
    settings = {"CHART_REF": folder, "REGISTRY": f"oci://{staged.registry.host}/other"}
    advice = f"REGISTRY={folder} CHART_REF={folder} {alias}"
    assert elsewhere_in(make_project(staged, **settings)) == (there, advice)
    assert is_alias(alias)
    assert is_alias(advice)


def test_the_place_where_the_workflow_pushes_is_looked_up_too(staged: World) -> None:
    host = staged.registry.host
    moved = {WORKFLOW: (f"PUSH_TO: oci://{host}/{PUSH_TO}", f"PUSH_TO: oci://{host}/moved")}
    staged.commit("ci: move", moved)
    add_release(staged, "1.7.1", "1.7.0", hours=0.5)
    stored = staged.registry.repositories
    stored[f"moved/{NAME}"] = stored[PUBLISHED]
    publish(staged, "1.7.1")
    stored[PUBLISHED] = type(stored[PUBLISHED])()
    there, advice = elsewhere_in(make_project(staged))
    assert there == f"oci://{host}/moved/{NAME}:1.7.1"
    assert advice.startswith(f"REGISTRY=oci://{host}/moved CHART_REF={staged.reference} invoke ")


def test_another_registry_is_only_named(staged: World) -> None:
    project = make_project(staged, CHART_REF="oci://127.0.0.1:1/charts/threek8s")
    there, advice = elsewhere_in(project)
    assert there == f"{staged.reference}:1.7.0"
    assert advice == f"tell users {staged.reference}, and set CHART_REF to it"
    assert is_alias(advice)
    assert not is_alias("make the package public")


def test_what_is_nowhere_or_no_chart_is_not_found(staged: World) -> None:
    folder = f"oci://{staged.registry.host}/{PUSH_TO}"
    del staged.registry.repositories[PUBLISHED].tags["1.7.0"]
    assert elsewhere_in(make_project(staged, CHART_REF=folder)) == ("", "")
    assert Reference.parse(folder).with_chart(NAME).oci == staged.reference

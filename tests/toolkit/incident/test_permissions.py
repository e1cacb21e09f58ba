"""Permissions: only what the token certainly lacks is refused, with what to type."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tasks.sandbox.world import CHART, WORKFLOW, World
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.core.errors import Refused
from tasks.toolkit.core.secret import Secret
from tasks.toolkit.incident.permissions import (
    changes_workflows,
    ensure_may_delete,
    ensure_may_publish,
    ensure_may_revert,
    ensure_may_write,
    explain_blocked,
    scope_advice,
)
from tasks.toolkit.incident.project import Project

from ..diagnosis.staging import make_project

GHCR = Reference.parse("oci://ghcr.io/stianfro/threek8s")
OTHER = Reference.parse("oci://registry.example/stianfro/threek8s")


def limited(world: World, *scopes: str) -> Project:
    """Return a project whose token has only these scopes."""
    world.github.scopes = set(scopes)
    return make_project(world)


def test_workflows_are_reverted_only_with_the_scope_for_that(world: World) -> None:
    chart = world.commit("feat: two", {f"{CHART}/values.yaml": ("replicas: 1", "replicas: 2")})
    workflow = world.commit("ci: fewer", {WORKFLOW: ("run: helm lint", "run: true helm lint")})
    world.git("push", "--quiet", "origin", "main")
    project = limited(world, "repo")
    assert not changes_workflows(project, "0" * 40)
    ensure_may_revert(project, chart)
    with pytest.raises(Refused, match=r"lacks the scope `workflow`, needed for .*; nothing was"):
        ensure_may_revert(project, workflow)
    assert explain_blocked(project, workflow) == ""
    ensure_may_revert(limited(world, "repo", "workflow"), workflow)
    world.github.scopes = None
    project = make_project(world)
    ensure_may_revert(project, workflow)
    assert "cannot merge that" in explain_blocked(project, workflow)
    assert explain_blocked(project, chart) == ""


@pytest.mark.thorough
def test_packages_need_scopes_on_ghcr_only(world: World) -> None:
    project = limited(world, "public_repo")
    ensure_may_write(project)
    ensure_may_publish(project, [OTHER])
    ensure_may_delete(project, [OTHER])
    with pytest.raises(Refused, match="lacks the scope `write:packages`"):
        ensure_may_publish(project, [OTHER, GHCR])
    with pytest.raises(Refused, match="lacks the scope `delete:packages`"):
        ensure_may_delete(project, [GHCR])
    project = limited(world, "write:packages")
    ensure_may_publish(project, [GHCR])
    with pytest.raises(Refused, match="lacks the scope `repo`"):
        ensure_may_write(project)


@pytest.mark.thorough
def test_the_advice_is_for_the_token_that_is_used(world: World) -> None:
    project = make_project(world)
    assert "https://github.com/settings/tokens" in scope_advice(project, "workflow")
    project.settings = replace(project.settings, github_token=Secret(""))
    assert scope_advice(project, "workflow") == "gh auth refresh --scopes workflow"

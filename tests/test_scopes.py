"""A token that lacks a scope is refused before the first side effect, with the scope's name."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import World

from .conftest import Person


@pytest.mark.thorough
def test_a_workflow_is_reverted_only_with_the_scope_for_that(broken: World, person: Person) -> None:
    broken.github.limit_token("repo", "write:packages", "delete:packages")
    line = "rollback.revert --pr 42 --merge"
    assert "the token lacks the scope `workflow`" in person.refused(line, 1)
    broken.github.limit_token("repo", "workflow")
    person(line)
    assert broken.github.pulls[43].state == "MERGED"


@pytest.mark.thorough
def test_a_token_that_may_only_read_reverts_dispatches_and_posts_nothing(
    broken: World, person: Person
) -> None:
    person("support.incident")
    bad = broken.github.pulls[42].merge_sha
    broken.github.limit_token("gist")
    lines = (
        f"rollback.commit --sha {bad}",
        f"rollback.commit --sha {bad} --merge",
        "prevention.dispatch --ref main --input chart_version=999.0.0-test",
        "support.incident",
        "support.notify",
        "support.lessons",
    )
    for line in lines:
        assert "the token lacks the scope `repo`" in person.refused(line, 1)
    broken.github.limit_token("repo")
    refusal = person.refused(f"rollback.commit --sha {bad} --merge", 1)
    assert "the token lacks the scope `workflow`" in refusal


@pytest.mark.thorough
def test_packages_are_published_and_deleted_with_their_scopes_only(
    world: World, person: Person
) -> None:
    world.as_ghcr()
    world.github.limit_token("repo", "workflow")
    publish = "publish.all --version 1.7.0"
    assert "the token lacks the scope `write:packages`" in person.refused(publish, 1)
    assert "→ next, for scope write:packages" in person("doctor", 1).stdout
    world.github.limit_token("repo", "workflow", "write:packages")
    person(publish)
    person("publish.all --version 1.8.0")
    world.github.limit_token("repo", "workflow")
    alias = {"CHART_REF": "oci://ghcr.io/stianfro/threek8s/chart"}
    assert "scope `write:packages`" in person.refused("publish.alias", 1, alias)
    assert "scope `delete:packages`" in person.refused("prevention.test-tag --clean", 1)
    world.github.limit_token("repo", "workflow", "write:packages")
    withdraw = "publish.withdraw --version 1.8.0 --delete"
    assert "the token lacks the scope `delete:packages`" in person.refused(withdraw, 1)
    assert "→ next, for scope delete:packages" in person("doctor").stdout
    world.github.scopes = None
    person(withdraw)
    world.github.limit_token("repo", "workflow")
    restore = "publish.restore --version 1.8.0"
    assert "scope `write:packages`" in person.refused(restore, 1)

"""The token's scopes: there, missing with what to type, not needed, or unknown."""

from __future__ import annotations

from tasks.sandbox.world import World
from tasks.toolkit.diagnosis.token_scopes import scope_checks

from .staging import make_project

USERS = "oci://ghcr.io/stianfro/threek8s"


def outcomes(world: World, **settings: str) -> dict[str, str]:
    """Return the outcome for each scope; one that is needed and missing has an advice."""
    found = {}
    for name, check in scope_checks(make_project(world, **settings)).items():
        finding = check()
        assert finding.name == name
        assert bool(finding.next) == ("lacks" in finding.evidence)
        found[name.removeprefix("scope ")] = finding.outcome
    return found


def test_each_scope_has_three_outcomes(world: World) -> None:
    world.github.scopes = {"public_repo", "write:packages"}
    assert outcomes(world, REGISTRY=USERS) == {
        "repo": "passed",
        "workflow": "failed",
        "write:packages": "passed",
        "delete:packages": "unverified",  # a rollback works without it
    }
    world.github.scopes = {"gist"}
    elsewhere = {"write:packages": "passed", "delete:packages": "passed"}  # not needed
    assert outcomes(world) == {"repo": "failed", "workflow": "failed", **elsewhere}
    world.github.scopes = None
    assert set(outcomes(world, REGISTRY=USERS).values()) == {"unverified"}

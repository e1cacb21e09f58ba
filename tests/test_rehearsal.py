"""prevention.rehearse: the real workflow runs here, and nothing that it pushes leaves."""

from __future__ import annotations

import json
from typing import Any

from tasks.sandbox.world import WORKFLOW, World

from .conftest import Person

PUSH = 'helm push dist/*.tgz "$PUSH_TO" $HELM_OPTIONS'


def rehearse(person: Person, code: int, options: str = "", **env: str) -> dict[str, Any]:
    """Return the document of a rehearsal, after which nothing may have changed."""
    before = person.world.snapshot()
    ended = person(f"prevention.rehearse {options} --json", code, env)
    assert person.world.snapshot() == before
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def finding(document: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [check for check in document["checks"] if check["name"] == name]
    return dict(found)


def outcomes(document: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["outcome"] for check in document["checks"]}


def move_path(world: World) -> None:
    """Open the pull request #42, which moves the registry path."""
    owner = f"oci://{world.registry.host}/stianfro"
    old = f"PUSH_TO: {owner}/threek8s/chart"
    new = f"PUSH_TO: {owner}/charts"
    open_pull(world, {WORKFLOW: (old, new)})


def open_pull(world: World, edits: dict[str, tuple[str, str]], fork: str = "") -> None:
    world.git("switch", "--quiet", "--create", "change")
    world.commit("ci: a change", edits)
    target = f"refs/forks/{fork}/change" if fork else "change"
    world.git("push", "--quiet", "origin", f"HEAD:{target}")
    world.git("switch", "--quiet", world.branch)
    world.github.next_number = 42
    world.github.open_pull("change", world.branch, "ci: a change", fork=fork)


def test_the_next_release_is_run_as_it_would_be_published(world: World, person: Person) -> None:
    world.release("1.6.1", "1.6.0")
    document = rehearse(person, 0)
    passed = ("pushed", "availability", "versions", "references", "changes", "isolation")
    assert {outcomes(document)[name] for name in passed} == {"passed"}
    rehearsed = document["rehearsed"]
    assert rehearsed["version"] == "1.6.2"
    assert "release-please.yml calls publish-helm.yml" in rehearsed["how"]
    assert [one["reference"] for one in rehearsed["pushed"]] == [f"{world.reference}:1.6.2"]
    assert "Chart.yaml" in finding(document, "changes")["evidence"]


def test_a_moved_path_is_found_before_it_is_merged(world: World, person: Person) -> None:
    world.release("1.6.1", "1.6.0")
    move_path(world)
    document = rehearse(person, 1, "--pr 42")
    landed = f"oci://{world.registry.host}/stianfro/charts/threek8s"
    pushed = finding(document, "pushed")
    assert pushed["outcome"] == "failed"
    assert f"landed at {landed}" in pushed["evidence"]
    assert "not found" in finding(document, "run")["evidence"]
    assert outcomes(rehearse(person, 0, f"--ref {world.branch}"))["pushed"] == "passed"

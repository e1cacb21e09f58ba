"""prevention.rehearse: the real workflow runs here, and nothing that it pushes leaves."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tasks.sandbox.rehearsal.isolation import Isolation
from tasks.sandbox.world import CHART, WORKFLOW, World

from .conftest import Person
from .scenes import happen

LINT = 'run: helm lint "$CHART"'
CALLER = ".github/workflows/release-please.yml"
VERSION_FROM_CHART = (' --app-version "${{ steps.version.outputs.app }}"', "")


@pytest.fixture(autouse=True)
def needs_isolation() -> None:
    """Without namespaces a workflow reaches the sandbox's own registry, on loopback."""
    if not Isolation.find(os.environ).name:
        pytest.skip("neither bwrap nor unshare works here")


def release(world: World) -> None:
    """Release 1.6.1."""
    world.release("1.6.1", "1.6.0")


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
    happen(world, release)
    document = rehearse(person, 0)
    passed = ("pushed", "availability", "versions", "references", "changes", "isolation")
    assert {outcomes(document)[name] for name in passed} == {"passed"}
    rehearsed = document["rehearsed"]
    assert rehearsed["version"] == "1.6.2"
    assert "release-please.yml calls publish-helm.yml" in rehearsed["how"]
    assert [one["reference"] for one in rehearsed["pushed"]] == [f"{world.reference}:1.6.2"]
    assert "Chart.yaml" in finding(document, "changes")["evidence"]


def test_a_moved_path_is_found_before_it_is_merged(world: World, person: Person) -> None:
    happen(world, release)
    move_path(world)
    document = rehearse(person, 1, "--pr 42")
    landed = f"oci://{world.registry.host}/stianfro/charts/threek8s"
    pushed = finding(document, "pushed")
    assert pushed["outcome"] == "failed"
    assert f"landed at {landed}" in pushed["evidence"]
    assert "not found" in finding(document, "run")["evidence"]


@pytest.mark.thorough
def test_what_is_published_already_would_be_overwritten(world: World, person: Person) -> None:
    happen(world, release)
    by_hand = world.run("helm", "package", CHART, "--version=1.6.2", "--destination=..")
    assert by_hand.returncode == 0
    options = ["--plain-http"] if world.registry.plain_http else []
    log_in_and_push(world, world.folder / "threek8s-1.6.2.tgz", options)
    document = rehearse(person, 1)
    overwriting = finding(document, "overwriting")
    assert f"{world.reference}:1.6.2 exists: sha256:" in overwriting["evidence"]


def log_in_and_push(world: World, archive: Path, options: list[str]) -> None:
    login = ["helm", "registry", "login", world.registry.host, "--username=x"]
    assert world.run(*login, f"--password={world.token}", *options).returncode == 0
    target = world.reference.removesuffix("/threek8s")
    assert world.run("helm", "push", str(archive), target, *options).returncode == 0


@pytest.mark.thorough
def test_a_version_that_is_not_passed_on_is_found(world: World, person: Person) -> None:
    happen(world, release)
    file = '"type": "yaml", "path": "helm/threek8s/Chart.yaml"'
    bump = f',\n        {{{file}, "jsonpath": "$.appVersion"}}'
    edits = {WORKFLOW: VERSION_FROM_CHART, "release-please-config.json": (bump, "")}
    open_pull(world, edits)
    document = rehearse(person, 1, "--pr 42")
    assert "appVersion is 1.6.1, not 1.6.2" in finding(document, "versions")["evidence"]


@pytest.mark.thorough
def test_without_namespaces_the_proxy_leads_to_the_sandbox(
    world: World, person: Person, tmp_path: Path
) -> None:
    world.as_ghcr()
    document = rehearse(person, 0, PATH=without_namespaces(world, tmp_path))
    assert outcomes(document)["pushed"] == "passed"
    assert outcomes(document)["isolation"] == "unverified"
    assert "with your files" in finding(document, "isolation")["evidence"]


def without_namespaces(world: World, folder: Path) -> str:
    """Return a PATH on which the programs that isolate are forbidden, as by a system's rules."""
    for name in ("bwrap", "unshare"):
        program = folder / name
        program.write_text("#!/bin/sh\nexit 1\n")
        program.chmod(0o755)
    return f"{folder}:{world.env['PATH']}"


@pytest.mark.thorough
def test_a_fork_is_rehearsed_only_if_its_code_is_trusted(world: World, person: Person) -> None:
    happen(world, release)
    open_pull(world, {WORKFLOW: (LINT, "run: echo lint")}, fork="stranger")
    assert "#42 is from a fork" in person.refused("prevention.rehearse --pr 42", 1)
    document = rehearse(person, 0, "--pr 42 --trust-code")
    assert outcomes(document)["pushed"] == "passed"
    commit = document["rehearsed"]["commit"]
    world.git("branch", "--quiet", "-D", "change")
    assert "may be from a fork" in person.refused(f"prevention.rehearse --ref {commit}", 1)


@pytest.mark.thorough
def test_an_unknown_action_is_named_and_can_be_given(
    world: World, person: Person, tmp_path: Path
) -> None:
    happen(world, release)
    lint = "uses: somebody/lint@v3"
    open_pull(world, {WORKFLOW: (f"name: Lint\n        {LINT}", lint)})
    document = rehearse(person, 0, "--pr 42")
    assert finding(document, "run")["outcome"] == "unverified"
    assert "somebody/lint" in finding(document, "run")["evidence"]
    action = "name: lint\nruns: {using: composite, steps: [{shell: bash, run: echo linted}]}\n"
    (tmp_path / "action.yml").write_text(action)
    document = rehearse(person, 0, f"--pr 42 --action somebody/lint={tmp_path}")
    assert "somebody/lint" not in finding(document, "run")["evidence"]


@pytest.mark.thorough
def test_a_step_that_never_ends_is_ended(world: World, person: Person) -> None:
    happen(world, release)
    open_pull(world, {WORKFLOW: (LINT, "run: sleep 600")})
    document = rehearse(person, 3, "--pr 42", WAIT_TIMEOUT="3")
    assert "did not end by itself" in finding(document, "run")["evidence"]
    assert document["rehearsed"]["conclusion"] == "cancelled"


@pytest.mark.thorough
def test_tags_that_people_push_are_rehearsed(podinfo: World) -> None:
    podinfo.release("6.13.1", "6.13.0")
    document = rehearse(Person(podinfo), 0)
    assert document["rehearsed"]["how"] == "a push of the tag 6.13.2"
    assert outcomes(document)["pushed"] == "passed"


def test_a_way_that_the_workflow_does_not_offer_is_refused(podinfo: World) -> None:
    person = Person(podinfo)
    assert "it has no workflow_dispatch" in person.refused("prevention.rehearse --as dispatch")
    assert "give one of release, tag" in person.refused("prevention.rehearse --as night")
    assert "exclude each other" in person.refused("prevention.rehearse --ref master --pr 1")
    assert "owner/name=FOLDER" in person.refused("prevention.rehearse --action lint")


@pytest.mark.thorough
def test_a_recovery_tells_whether_the_next_release_works(broken: World) -> None:
    ended = Person(broken)("recover --pr 42", 0, {"REHEARSE": "true"})
    assert "rehearsed: the next automatic release will work" in ended.stderr


@pytest.mark.thorough
def test_where_a_chart_lands_is_told_though_the_caller_fails(world: World, person: Person) -> None:
    happen(world, release)
    version = "chart_version: ${{ needs.release-please.outputs.version }}"
    open_pull(world, {CALLER: (version, "chart_version: none")})
    document = rehearse(person, 1, "--pr 42")
    assert "no chart was pushed" in finding(document, "pushed")["evidence"]
    by_tag = finding(document, "as tag")
    assert by_tag["outcome"] == "passed"
    assert world.reference in by_tag["evidence"]
    assert "release-please.yml" in document["rehearsed"]["how"]


@pytest.mark.thorough
def test_the_index_of_another_repository_is_empty_and_noted(world: World, person: Person) -> None:
    happen(world, release)
    add = "run: helm repo add other https://charts.example.com"
    open_pull(world, {WORKFLOW: (LINT, add)})
    document = rehearse(person, 0, "--pr 42")
    assert outcomes(document)["pushed"] == "passed"
    assert "https://charts.example.com/index.yaml" in finding(document, "run")["evidence"]


@pytest.mark.thorough
def test_a_branch_is_taken_as_it_is_at_origin(world: World, person: Person) -> None:
    happen(world, release)
    move_path(world)
    world.git("branch", "--force", "change", world.branch)
    document = rehearse(person, 1, "--ref change")
    assert finding(document, "pushed")["outcome"] == "failed"


@pytest.mark.thorough
def test_a_recovery_warns_of_a_workflow_that_fails_without_the_change_too(broken: World) -> None:
    broken.commit("ci: lint more", {WORKFLOW: (LINT, "run: exit 1")})
    broken.git("push", "--quiet", "origin", broken.branch)
    ended = Person(broken)("recover --pr 42", 0, {"REHEARSE": "true"})
    assert "the next automatic release will fail: run" in ended.stderr


@pytest.mark.thorough
def test_a_branch_is_rehearsed_after_its_file_was_checked(world: World, person: Person) -> None:
    happen(world, release)
    document = json.loads(person("prevention.branch --json", 0, {"REHEARSE": "true"}).stdout)
    assert outcomes(document)["path"] == outcomes(document)["pushed"] == "passed"

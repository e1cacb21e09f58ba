"""Verification After Rollback: its checks, and what could not be read never "passed"."""

from __future__ import annotations

import base64
import json
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tasks.sandbox.world import CHART, PUSH_TO, SLUG, WORKFLOW, World
from tasks.toolkit.console.signals import INTERRUPTED

from .cluster import Cluster
from .conftest import PROJECT, Person, add_unrelated_runs, set_outcome
from .scenes import happen

PUBLISHED = f"{PUSH_TO}/threek8s"
VALUES = f"{CHART}/values.yaml"
TWO_REPLICAS = ("replicas: 1", "replicas: 2")
CHECKS = ("workflow", "chart", "install", "path", "references")
Checks = Mapping[str, Mapping[str, str]]


def verify(person: Person, line: str, code: int = 0, **env: str) -> Checks:
    """Return the checks by name, from the JSON on stdout."""
    result: dict[str, Any] = json.loads(person(f"{line} --json", code, env).stdout)
    assert result["passed"] == (code == 0)
    return {check["name"]: check for check in result["checks"]}


def verify_one(person: Person, name: str, code: int = 0, **env: str) -> Mapping[str, str]:
    return verify(person, f"verify.{name}", code, **env)[name]


def outcomes(checks: Checks) -> dict[str, str]:
    return {name: check["outcome"] for name, check in checks.items()}


def release(world: World) -> None:
    assert world.release("1.6.1", "1.6.0") == "success"


@pytest.fixture
def healthy(world: World) -> World:
    """Give a world whose release 1.6.1 was published by its workflow."""
    happen(world, release)
    # GitHub's times are seconds, and a revert may be merged within the same one.
    world.github.runs[0].created_at -= timedelta(minutes=1)
    return world


def publish_by_hand(world: World, version: str, values: tuple[str, str]) -> None:
    """Package the chart with changed values and push it, without the recipes and their checks."""
    world.commit("feat: by hand", {VALUES: values})
    host = world.registry.host
    login = f"helm registry login {host} -u me -p {world.token}"
    script = (
        f"helm package {CHART} --version {version} -d {world.folder}\n"
        f"{login} --plain-http || {login}\n"
        f"helm push --plain-http {world.folder}/threek8s-{version}.tgz oci://{host}/{PUSH_TO}"
    )
    ended = world.run("sh", "-ec", script)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.usefixtures("everywhere")
def test_a_healthy_world_passes_each_check_with_its_evidence(
    healthy: World, person: Person
) -> None:
    checks = verify(person, "verify.all --strict")
    assert outcomes(checks) == dict.fromkeys(CHECKS, "passed")
    assert f"run {healthy.github.runs[0].id}" in checks["workflow"]["evidence"]
    assert healthy.registry.tags(PUBLISHED)["1.6.1"] in checks["chart"]["evidence"]
    objects = "5 objects, rendered locally; no cluster was reachable"
    assert objects in checks["install"]["evidence"]


@pytest.mark.usefixtures("everywhere", "healthy")
def test_a_reachable_cluster_validates_the_objects_and_nothing_is_installed_there(
    person: Person, tmp_path: Path
) -> None:
    with Cluster() as cluster:
        env = cluster.use(tmp_path / "config")
        check = verify_one(person, "install", KUBECONFIG=env["KUBECONFIG"])
        assert "5 objects, accepted by the cluster" in check["evidence"]
        assert cluster.objects == {}


@pytest.mark.thorough
def test_a_run_that_failed_fails_and_says_what_to_type(healthy: World, person: Person) -> None:
    set_outcome(healthy.github.runs[0], "failure")
    check = verify_one(person, "workflow", 1)
    assert check["outcome"] == "failed"
    assert check["next"].startswith("gh workflow run publish-helm.yml")
    runs = len(healthy.github.runs)
    typed = healthy.run("sh", "-c", check["next"])
    assert typed.returncode == 0, typed.stderr
    assert len(healthy.github.runs) == runs + 1
    inputs = healthy.github.runs[0].context["inputs"]
    assert inputs["chart_version"] == inputs["app_version"]


@pytest.mark.thorough
@pytest.mark.usefixtures("broken")
def test_no_run_is_advised_as_long_as_it_would_push_to_the_wrong_place(
    person: Person,
) -> None:
    checks = verify(person, "verify.all", 1)
    assert checks["path"]["outcome"] == "failed"
    workflow = checks["workflow"]
    assert workflow["outcome"] == "failed"
    assert workflow["next"].startswith("put the path right first")
    assert "gh workflow run" not in person("verify.all", 1).stdout
    person("recover")
    checks = verify(person, "verify.all", 0)
    assert "gh workflow run" in checks["workflow"]["next"]
    assert checks["path"]["outcome"] == "passed"


@pytest.mark.thorough
def test_a_run_that_failed_fails_though_origin_cannot_be_read(
    broken: World, person: Person
) -> None:
    broken.github.actions.dispatch(WORKFLOW, "main", {"chart_version": "1.7.0"})
    assert broken.github.settle() == "failure"
    config = broken.home / ".gitconfig"
    config.write_text(config.read_text().replace(str(broken.remote), "/nowhere"))
    check = verify_one(person, "workflow", 1)
    assert check["outcome"] == "failed"
    assert check["next"].startswith("gh workflow run publish-helm.yml")


@pytest.mark.usefixtures("broken")
@pytest.mark.thorough
def test_the_table_has_every_check_with_its_outcome(person: Person) -> None:
    table = person("verify.all", 1).stdout
    for word in ("workflow", "failed", "chart", "install", "passed"):
        assert word in table


@pytest.mark.thorough
@pytest.mark.usefixtures("broken")
def test_what_to_do_next_is_below_the_table_each_on_one_line_that_can_be_copied(
    person: Person,
) -> None:
    checks = verify(person, "verify.all", 1)
    advice = [(name, line) for name, check in checks.items() for line in check["next"].splitlines()]
    shown = " ".join(person("verify.all", 1).stdout.split())
    assert {name for name, _ in advice} == {"workflow", "path"}
    for name, command in advice:
        assert command in shown.rpartition(f"→ next, for {name}:")[2]


@pytest.mark.thorough
def test_runs_on_a_feature_branch_or_a_test_tag_verify_nothing(
    broken: World, person: Person
) -> None:
    failed = broken.github.runs[0].id
    add_unrelated_runs(broken, "true")
    broken.github.actions.dispatch(WORKFLOW, "v1.6.1", {"chart_version": "1.6.1"})
    assert broken.github.settle() == "success"
    evidence = verify_one(person, "workflow")["evidence"]
    assert "on v1.6.1 (workflow_dispatch), success" in evidence
    broken.github.runs.pop(0)
    assert f"run {failed} on main" in verify_one(person, "workflow", 1)["evidence"]
    without_clone = {"REPO_DIR": str(broken.home), "GITHUB_REPOSITORY": SLUG}
    for env in ({}, without_clone):
        assert f"is failing: run {failed} on main" in person("contact.status", env=env).stderr


@pytest.mark.thorough
def test_a_workflow_without_a_run_since_the_revert_is_unverified_not_passed(
    healthy: World, person: Person
) -> None:
    healthy.merge_pull("two", "feat: two", {VALUES: TWO_REPLICAS}, 42)
    chain = "rollback.revert --pr 42 --merge verify.workflow"
    assert outcomes(verify(person, chain)) == {"workflow": "unverified"}
    verify(person, f"{chain} --strict", 1)


@pytest.mark.thorough
def test_the_command_that_runs_the_workflow_again_does_so_when_it_is_typed(
    healthy: World, person: Person
) -> None:
    healthy.merge_pull("two", "feat: two", {VALUES: TWO_REPLICAS}, 42)
    publish = "publish.all --version 1.7.1 --app-version 1.7.0"
    checks = verify(person, f"rollback.revert --pr 42 --merge {publish} verify.workflow")
    assert checks["workflow"]["outcome"] == "unverified", checks
    typed = healthy.run("sh", "-c", checks["workflow"]["next"])
    assert typed.returncode == 0, (checks, typed)
    assert healthy.github.settle() == "success"
    run = healthy.github.runs[0]
    assert run.event == "workflow_dispatch", (checks, typed, healthy.github.runs)
    assert run.context["inputs"] == {"chart_version": "1.7.1", "app_version": "1.7.0"}
    assert outcomes(verify(person, "verify.workflow --strict")) == {"workflow": "passed"}


@pytest.mark.thorough
def test_a_run_in_progress_is_waited_for_and_the_wait_is_bounded(
    healthy: World, person: Person
) -> None:
    helm = healthy.folder / "runners" / "helm"
    path = shlex.quote(healthy.env["PATH"])
    helm.write_text(f'#!/bin/sh\n[ "$1" != lint ] || sleep 3\nPATH={path} exec helm "$@"\n')
    helm.chmod(0o755)
    healthy.github.actions.env = {**healthy.env, "PATH": f"{helm.parent}:{healthy.env['PATH']}"}
    run = ["gh", "workflow", "run", "publish-helm.yml", "-R", SLUG, "--ref", "main"]
    healthy.run(*run, "-f", "chart_version=1.6.2")
    assert verify_one(person, "workflow", WAIT_TIMEOUT="0")["outcome"] == "unverified"
    checks = verify(person, "verify.all")
    assert checks["workflow"]["outcome"] == "passed"
    assert "1.6.2" in healthy.registry.tags(PUBLISHED)
    assert ":1.6.2 " in checks["chart"]["evidence"]  # read after the run had ended


@pytest.mark.thorough
def test_a_workflow_that_is_disabled_or_missing_fails(healthy: World, person: Person) -> None:
    healthy.run("gh", "workflow", "disable", "publish-helm.yml", "-R", SLUG)
    assert verify_one(person, "workflow", 1)["next"].startswith("gh workflow enable")
    env_file = healthy.home / ".env"
    env_file.write_text(f"GITHUB_TOKEN={healthy.env.pop('GITHUB_TOKEN')}\n")
    healthy.env["ENV_FILE"] = str(env_file)
    advice = verify_one(person, "workflow", 1)["next"]
    assert advice.startswith("after `gh auth login`: gh workflow enable")
    checks = verify(person, "verify.all", 1, WORKFLOW="nothing.yml")
    assert "has no workflow nothing.yml" in checks["workflow"]["evidence"]
    assert checks["workflow"]["outcome"] == "failed"
    assert checks["chart"]["outcome"] == "passed"


def test_a_chart_that_nobody_published_fails(person: Person) -> None:
    checks = verify(person, "verify.all", 1)
    assert outcomes(checks) == {
        "workflow": "unverified",
        "chart": "failed",
        "install": "failed",
        "path": "passed",
        "references": "failed",
    }
    assert checks["chart"]["next"] == "invoke publish.all"


@pytest.mark.thorough
def test_a_private_package_fails_though_the_maintainer_could_read_it(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    world.registry.access.private.add(PUBLISHED)
    login = base64.b64encode(f"me:{world.token}".encode()).decode()
    logins = {"auths": {world.registry.host: {"auth": login}}}
    docker = world.home / ".docker"  # helm falls back on docker's logins
    docker.mkdir()
    (docker / "config.json").write_text(json.dumps(logins))
    assert world.run("helm", "show", "chart", world.reference, "--plain-http").returncode == 0
    checks = verify(person, "verify.all", 1)
    assert checks["chart"]["outcome"] == checks["install"]["outcome"] == "failed"
    assert "denied" in checks["chart"]["evidence"]


@pytest.mark.thorough
def test_a_registry_that_cannot_be_read_leaves_the_chart_unverified(
    healthy: World, person: Person
) -> None:
    healthy.registry.stop()
    checks = verify(person, "verify.all --strict", 1)
    assert checks["chart"]["outcome"] == checks["install"]["outcome"] == "unverified"


@pytest.fixture
def silent_registry() -> Iterator[str]:
    """Give the reference of a registry that accepts every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"oci://127.0.0.1:{server.getsockname()[1]}/{PUSH_TO}"


@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("line", ["verify.all", "verify.chart", "publish.check"])
def test_an_interrupt_ends_at_once_what_waits_for_a_registry_that_hangs(
    world: World, line: str, number: signal.Signals, silent_registry: str
) -> None:
    running = subprocess.Popen(
        ["invoke", line],
        cwd=PROJECT,
        env={**world.env, "REGISTRY": silent_registry},
        text=True,
        stderr=subprocess.PIPE,
    )
    time.sleep(4)
    running.send_signal(number)
    signalled = time.monotonic()
    stderr = running.communicate(timeout=60)[1]
    assert (running.returncode, stderr.count("\n")) == (130, 1), stderr
    assert INTERRUPTED in stderr
    assert time.monotonic() - signalled < 4  # not the time limit of a request


@pytest.mark.thorough
def test_helm_appending_the_charts_name_is_reported_with_both_references(
    world: World, person: Person
) -> None:
    users = f"oci://{world.registry.host}/{PUSH_TO}"
    person("publish.package publish.login publish.push", env={"CHART_REF": users})
    check = verify_one(person, "chart", 1, CHART_REF=users)
    both = f"published at {users}/threek8s, but users install from {users}, which has nothing"
    assert both in check["evidence"]
    assert "invoke publish.alias" in check["next"]
    person("publish.alias", env={"CHART_REF": users})
    assert verify_one(person, "chart", CHART_REF=users)["outcome"] == "passed"


@pytest.mark.thorough
def test_what_was_only_packaged_since_is_not_taken_for_what_was_published(
    world: World, person: Person
) -> None:
    person("publish.all")
    person("publish.package --version 1.5.9")
    assert f"{world.reference}:1.6.0" in verify_one(person, "chart")["evidence"]
    person("publish.push")
    assert f"{world.reference}:1.5.9" in verify_one(person, "chart")["evidence"]


@pytest.mark.thorough
def test_another_chart_pushed_over_the_published_version_fails_by_its_digest(
    world: World, person: Person
) -> None:
    person("publish.all")
    publish_by_hand(world, "1.6.0", TWO_REPLICAS)
    evidence = verify_one(person, "chart", 1)["evidence"]
    first, second = (digest for *_, digest in world.registry.pushed)
    assert f"digest is {second}, not {first}, and it differs in threek8s/values.yaml" in evidence


@pytest.mark.thorough
@pytest.mark.usefixtures("healthy")
def test_the_newest_release_is_what_users_get_and_what_is_verified(person: Person) -> None:
    person("publish.all --version 1.10.0")
    person("publish.all --version 2.0.0-rc.1")
    person("timeline.stop")  # within the incident, what it published last is verified
    assert ":1.10.0 " in verify_one(person, "chart")["evidence"]


@pytest.mark.usefixtures("everywhere")
@pytest.mark.thorough
def test_a_broken_chart_fails_the_trial_installation(healthy: World, person: Person) -> None:
    publish_by_hand(healthy, "1.7.0", ("replicas: 1", 'replicas: "one"'))
    checks = verify(person, "verify.all", 1)
    assert checks["chart"]["outcome"] == "passed"
    assert checks["install"]["outcome"] == "failed"
    assert "replicas" in checks["install"]["evidence"]


# What users are told


@pytest.mark.thorough
def test_stale_lines_are_shown_but_count_only_if_they_are_asked_for(
    healthy: World, person: Person
) -> None:
    stale = f"oci://{healthy.registry.host}/{PUSH_TO}"
    (healthy.clone / "docs.md").write_text(f"helm install threek8s {stale}\n" * 20)
    healthy.commit("docs: tell users")
    healthy.git("push", "--quiet", "origin", "main")
    table = " ".join(person("verify.all").stdout.split())
    assert "20 of 22 documented references do not work" in table
    assert f"docs.md:6: {stale} is not published" in table
    assert f"docs.md:7: {stale}" not in table
    assert "and 14 more: invoke verify.references" in table
    assert f"install from {healthy.reference}" in table
    check = verify(person, "verify.all --strict", 1)["references"]
    assert check["outcome"] == "stale"
    assert f"docs.md:20: {stale} is not published" in check["evidence"]
    assert verify_one(person, "references", 1)["outcome"] == "failed"
    assert f"docs.md:20: {stale} is not published" in person("verify.references", 1).stdout


@pytest.mark.thorough
def test_a_workflow_that_pushes_elsewhere_fails_until_the_setting_is_right(
    healthy: World, person: Person
) -> None:
    host = healthy.registry.host
    assert "passed" in verify_one(person, "path")["outcome"]
    other = f"oci://{host}/stianfro"
    check = verify_one(person, "path", 1, REGISTRY=other)
    assert (
        f"the path differs: the workflow's is {PUSH_TO}, REGISTRY has stianfro"
        in (check["evidence"])
    )
    assert check["next"].endswith(f"or set REGISTRY=oci://{host}/{PUSH_TO}")
    assert outcomes(verify(person, "verify.all", 1, REGISTRY=other))["path"] == "failed"

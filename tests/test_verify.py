"""Verification After Rollback: three checks with three outcomes, of which an unread world is never "passed"."""

from __future__ import annotations

import base64
import json
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tasks.sandbox.world import CHART, PUSH_TO, WORKFLOW, World
from tasks.toolkit.console.signals import INTERRUPTED

from .cluster import Cluster
from .conftest import PROJECT, Person, trial

PUBLISHED = f"{PUSH_TO}/threek8s"


def checks(person: Person, line: str, code: int = 0, **env: str) -> dict[str, Any]:
    """Return the checks by name, from the JSON on stdout."""
    found = json.loads(person(f"{line} --json", code, env).stdout)
    assert found["passed"] == (code == 0)
    return {check["name"]: check for check in found["checks"]}


@pytest.fixture
def sound(everywhere: World) -> World:
    """Give a world whose release 1.6.1 was published by its workflow."""
    assert everywhere.release("1.6.1", "1.6.0") == "success"
    everywhere.github.runs[0].created_at -= timedelta(
        minutes=1
    )  # GitHub tells seconds, and a revert may be merged within the same one
    return everywhere


def publish_by_hand(world: World, version: str, edit: tuple[str, str]) -> None:
    """Package the chart with a change to its values, and push it with no help of the recipes, nor their care."""
    world.commit("feat: by hand", {f"{CHART}/values.yaml": edit})
    host = world.registry.host
    login = f"helm registry login {host} -u me -p {world.token}"
    script = (
        f"helm package {CHART} --version {version} -d {world.folder} && {{ {login} --plain-http || {login}; }} && "
        f"helm push --plain-http {world.folder}/threek8s-{version}.tgz oci://{host}/{PUSH_TO}"
    )
    done = world.run("sh", "-ec", script)
    assert done.returncode == 0, done.stderr


def test_a_sound_world_passes_each_check_with_its_evidence(sound: World, person: Person) -> None:
    found = checks(person, "verify.all --strict")
    assert {name: check["outcome"] for name, check in found.items()} == {
        "workflow": "passed",
        "chart": "passed",
        "install": "passed",
    }
    assert sound.registry.tags(PUBLISHED)["1.6.1"] in found["chart"]["evidence"]
    assert "5 objects, rendered here: no cluster answered" in found["install"]["evidence"]
    assert f"run {sound.github.runs[0].id}" in found["workflow"]["evidence"]


def test_a_cluster_that_answers_is_asked_and_nothing_is_installed_there(
    sound: World, person: Person, tmp_path: Path
) -> None:
    assert sound.folder.is_dir()
    with Cluster() as cluster:
        found = checks(
            person, "verify.install", KUBECONFIG=cluster.use(tmp_path / "config")["KUBECONFIG"]
        )
        assert "5 objects, accepted by the cluster" in found["install"]["evidence"]
        assert cluster.objects == {}


def test_the_broken_world_fails_and_says_what_to_type(broken: World, person: Person) -> None:
    found = checks(person, "verify.workflow", 1)
    assert found["workflow"]["outcome"] == "failed"
    assert found["workflow"]["next"].startswith("gh workflow run publish-helm.yml")
    assert broken.github.runs[0].conclusion == "failure"
    typed = broken.run("sh", "-c", found["workflow"]["next"])
    assert typed.returncode == 0, typed.stderr
    assert broken.github.runs[0].context["inputs"] == {
        "chart_version": "1.7.0",
        "app_version": "1.7.0",
    }


def test_a_run_that_failed_fails_though_origin_cannot_be_asked(
    broken: World, person: Person
) -> None:
    config = broken.home / ".gitconfig"
    config.write_text(config.read_text().replace(str(broken.remote), "/nowhere"))
    found = checks(person, "verify.workflow", 1)
    assert found["workflow"]["outcome"] == "failed"
    assert found["workflow"]["next"].startswith("gh workflow run publish-helm.yml")


def test_the_table_is_for_people_and_has_every_check_with_its_outcome(
    broken: World, person: Person
) -> None:
    told = person("verify.all", 1)
    assert broken
    for word in ("workflow", "failed", "chart", "install", "passed"):
        assert word in told.stdout


def test_what_to_do_next_stands_below_the_table_each_on_one_line_that_can_be_copied(
    broken: World, person: Person
) -> None:
    steps = {
        name: check["next"]
        for name, check in checks(person, "verify.all", 1).items()
        if check["next"]
    }
    lines = person("verify.all", 1).stdout.splitlines()
    width = max(map(len, steps))
    assert "workflow" in steps and lines[-len(steps) :] == [
        f"{name:<{width}} → {command}" for name, command in steps.items()
    ]
    assert "→" not in "".join(lines[: -len(steps)])
    assert broken


@pytest.mark.thorough
def test_what_runs_on_a_feature_branch_or_a_test_tag_verifies_nothing(
    broken: World, person: Person
) -> None:
    failed = broken.github.runs[0].id
    trial(broken, "true")
    broken.github.dispatch(WORKFLOW, "v1.6.1", {"chart_version": "1.6.1"})
    assert broken.github.settle() == "success"
    assert (
        "on v1.6.1 (workflow_dispatch), success"
        in checks(person, "verify.workflow")["workflow"]["evidence"]
    )
    broken.github.runs.pop(0)
    assert f"run {failed} on v1.7.0" in checks(person, "verify.workflow", 1)["workflow"]["evidence"]
    for env in (
        {},
        {"REPO_DIR": str(broken.home), "GITHUB_REPOSITORY": "stianfro/threek8s"},
    ):  # what only looks needs no clone
        assert f"is failing: run {failed} on v1.7.0" in person("contact.status", env=env).stderr


def test_a_workflow_without_a_run_since_the_revert_is_unverified_not_passed(
    sound: World, person: Person
) -> None:
    sound.merge_pull(
        "two", "feat: two", {f"{CHART}/values.yaml": ("replicas: 1", "replicas: 2")}, 42
    )
    chain = "rollback.revert --pr 42 --merge verify.workflow"
    found = checks(person, chain)
    assert found["workflow"]["outcome"] == "unverified"
    checks(person, f"{chain} --strict", 1)


@pytest.mark.thorough
def test_the_command_that_runs_the_workflow_again_does_so_when_it_is_typed(
    sound: World, person: Person
) -> None:
    sound.merge_pull(
        "two", "feat: two", {f"{CHART}/values.yaml": ("replicas: 1", "replicas: 2")}, 42
    )
    found = checks(
        person,
        "rollback.revert --pr 42 --merge publish.all --version 1.7.1 --app-version 1.7.0 verify.workflow",
    )
    assert found["workflow"]["outcome"] == "unverified", found
    typed = sound.run("sh", "-c", found["workflow"]["next"])
    assert typed.returncode == 0, (found, typed)
    assert sound.github.settle() == "success"
    assert sound.github.runs[0].event == "workflow_dispatch", (found, typed, sound.github.runs)
    assert sound.github.runs[0].context["inputs"] == {
        "chart_version": "1.7.1",
        "app_version": "1.7.0",
    }
    assert checks(person, "verify.workflow --strict")["workflow"]["outcome"] == "passed"


def test_a_run_in_progress_is_waited_for_and_the_wait_is_bounded(
    sound: World, person: Person
) -> None:
    helm = sound.folder / "runners" / "helm"
    helm.write_text(
        f'#!/bin/sh\n[ "$1" != lint ] || sleep 3\nPATH={shlex.quote(sound.env["PATH"])} exec helm "$@"\n'
    )
    helm.chmod(0o755)
    sound.github.env = {**sound.env, "PATH": f"{helm.parent}:{sound.env['PATH']}"}
    sound.run(
        "gh",
        "workflow",
        "run",
        "publish-helm.yml",
        "-R",
        "stianfro/threek8s",
        "--ref",
        "main",
        "-f",
        "chart_version=1.6.2",
    )
    assert (
        checks(person, "verify.workflow", WAIT_TIMEOUT="0")["workflow"]["outcome"] == "unverified"
    )
    assert checks(person, "verify.workflow")["workflow"]["outcome"] == "passed"
    assert "1.6.2" in sound.registry.tags(PUBLISHED)


def test_a_disabled_or_missing_workflow_is_found_out(sound: World, person: Person) -> None:
    sound.run("gh", "workflow", "disable", "publish-helm.yml", "-R", "stianfro/threek8s")
    assert "gh workflow enable" in checks(person, "verify.workflow", 1)["workflow"]["next"]
    found = checks(person, "verify.all", 1, WORKFLOW="nothing.yml")
    assert "has no workflow nothing.yml" in found["workflow"]["evidence"]
    assert (found["workflow"]["outcome"], found["chart"]["outcome"]) == ("failed", "passed")


def test_a_chart_that_nobody_published_fails(world: World, person: Person) -> None:
    found = checks(person, "verify.all", 1)
    assert world
    assert {name: check["outcome"] for name, check in found.items()} == {
        "workflow": "unverified",
        "chart": "failed",
        "install": "failed",
    }
    assert found["chart"]["next"] == "invoke publish.all"


def test_a_private_package_fails_though_the_maintainer_could_read_it(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    world.registry.gate.private.add(PUBLISHED)
    (world.home / ".docker").mkdir()  # helm falls back on docker's logins
    login = base64.b64encode(f"me:{world.token}".encode()).decode()
    (world.home / ".docker" / "config.json").write_text(
        json.dumps({"auths": {world.registry.host: {"auth": login}}})
    )
    assert world.run("helm", "show", "chart", world.reference, "--plain-http").returncode == 0
    found = checks(person, "verify.all", 1)
    assert (found["chart"]["outcome"], found["install"]["outcome"]) == ("failed", "failed")
    assert "denied" in found["chart"]["evidence"]


def test_a_registry_that_cannot_be_asked_leaves_the_chart_unverified(
    sound: World, person: Person
) -> None:
    sound.registry.stop()
    found = checks(person, "verify.all --strict", 1)
    assert (found["chart"]["outcome"], found["install"]["outcome"]) == ("unverified", "unverified")


@pytest.fixture
def deaf() -> Iterator[str]:
    """Give a registry, as a setting has it, that takes every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"oci://127.0.0.1:{listening.getsockname()[1]}/{PUSH_TO}"


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)]
)
@pytest.mark.parametrize(
    "line",
    [
        "verify.all",
        *(
            pytest.param(line, marks=pytest.mark.thorough)
            for line in ("verify.chart", "publish.check")
        ),
    ],
)
def test_an_interrupt_ends_at_once_what_waits_for_a_registry_that_hangs(
    world: World, line: str, number: signal.Signals, deaf: str
) -> None:
    running = subprocess.Popen(
        ["invoke", line],
        cwd=PROJECT,
        env={**world.env, "REGISTRY": deaf},
        text=True,
        stderr=subprocess.PIPE,
    )
    time.sleep(4)
    running.send_signal(number)
    began = time.monotonic()
    told = running.communicate(timeout=60)[1]
    assert (running.returncode, told.count("\n")) == (130, 1), told
    assert INTERRUPTED in told
    assert time.monotonic() - began < 4  # it was the time limit of a request


@pytest.mark.thorough
def test_helm_appending_the_charts_name_is_reported_as_what_it_is_with_both_references(
    world: World, person: Person
) -> None:
    told = f"oci://{world.registry.host}/{PUSH_TO}"
    person("publish.package publish.login publish.push", env={"CHART_REF": told})
    found = checks(person, "verify.chart", 1, CHART_REF=told)
    assert f"published at {told}/threek8s, but users are told {told}" in found["chart"]["evidence"]
    assert "invoke publish.alias" in found["chart"]["next"]
    person("publish.alias", env={"CHART_REF": told})
    checks(person, "verify.chart", 0, CHART_REF=told)


def test_another_chart_put_under_the_published_version_meanwhile_fails_by_its_digest(
    world: World, person: Person
) -> None:
    person("publish.all")
    publish_by_hand(world, "1.6.0", ("replicas: 1", "replicas: 2"))
    found = checks(person, "verify.chart", 1)
    first, second = (digest for *_, digest in world.registry.pushed)
    assert f"digest is '{second}', not '{first}'" in found["chart"]["evidence"]


@pytest.mark.thorough
def test_the_newest_release_is_what_users_get_and_what_is_verified(
    sound: World, person: Person
) -> None:
    person("publish.all --version 1.10.0")
    person("publish.all --version 2.0.0-rc.1")
    person("timeline.stop")  # within the incident, what it published last is verified
    assert ":1.10.0 " in checks(person, "verify.chart")["chart"]["evidence"]
    assert sound


def test_a_broken_chart_fails_the_trial_installation(sound: World, person: Person) -> None:
    publish_by_hand(sound, "1.7.0", ("replicas: 1", 'replicas: "one"'))
    found = checks(person, "verify.all", 1)
    assert (found["chart"]["outcome"], found["install"]["outcome"]) == ("passed", "failed")
    assert "replicas" in found["install"]["evidence"]

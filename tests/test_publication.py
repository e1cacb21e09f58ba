"""Publishing harms nothing: aliases, overwriting, withdrawing and restoring."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tasks.sandbox import programs
from tasks.sandbox.registry import Registry
from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.server import Reply, Request
from tasks.sandbox.world import CHART, PUSH_TO, World
from tasks.toolkit.core.versions import published_versions

from .cluster import Cluster
from .conftest import FOLDERS, PROJECT, Person
from .docker_registry import DockerRegistry, SecureDockerRegistry
from .plans import notes_of
from .preloaded import preloaded_invoke
from .scenes import happen

PUBLISHED = f"{PUSH_TO}/threek8s"
VALUES = f"{CHART}/values.yaml"


def documented(world: World) -> dict[str, str]:
    """Return the setting for a documented reference that helm push cannot publish to."""
    return {"CHART_REF": f"oci://{world.registry.host}/{PUSH_TO}"}


def change(world: World, number: int) -> None:
    """Change the chart from `number` replicas to one more, and push that to main."""
    edit = (f"replicas: {number}", f"replicas: {number + 1}")
    world.commit(f"feat: {number + 1}", {VALUES: edit})
    world.git("push", "--quiet", "origin", "main")


# The matrix: every registry with every helm

REGISTRIES = {
    "embedded": None,
    "docker-registry": DockerRegistry,
    "docker-registry with TLS and a login": SecureDockerRegistry,
}


NEWEST_HELM = next(iter(programs.HELM_WHEELS))
FIRST_REGISTRY = next(iter(REGISTRIES))
PLACES = [(registry, NEWEST_HELM) for registry in REGISTRIES]
PLACES += [(FIRST_REGISTRY, helm) for helm in programs.HELM_WHEELS if helm != NEWEST_HELM]


@pytest.fixture(params=[f"{registry}, helm {helm}" for registry, helm in PLACES])
def anywhere(request: pytest.FixtureRequest, exhaustive: bool) -> Iterator[World]:
    """Give a world with a registry and a helm; only the first of each without --exhaustive."""
    registry, _, helm = request.param.partition(", helm ")
    kind = REGISTRIES[registry]
    if not exhaustive and (kind or helm != NEWEST_HELM):
        pytest.skip("one registry and one helm are enough here: run with --all")
    if kind and not shutil.which("docker-registry"):
        pytest.skip("docker-registry is not installed (the Debian package of that name)")
    folders = [*programs.install_missing(print, helm), *FOLDERS] if exhaustive else FOLDERS
    made: Registry | None = kind() if kind else None
    with World(folders, made) as world:
        yield world


def log_in(world: World, options: list[str]) -> None:
    """Log helm in as a user does; helm 3.17 has no option for plain HTTP there."""
    argv = ["helm", "registry", "login", world.registry.host, "--username=stianfro"]
    argv.append(f"--password={world.token}")
    done = world.run(*argv, *options)
    if "unknown flag" in done.stderr:
        done = world.run(*argv)
    assert done.returncode == 0, done.stderr


def assert_usable(world: World, reference: str, options: list[str], folder: Path) -> None:
    """Assert that users can show, render, pull and install the chart."""
    options = ["--version=1.7.0", *options]
    for command in (["show", "chart"], ["template", "x"]):
        used = world.run("helm", *command, reference, *options)
        assert used.returncode == 0, used.stderr
        assert "1.7.0" in used.stdout
    pulled = world.run("helm", "pull", reference, "--untar", f"--untardir={folder}", *options)
    assert pulled.returncode == 0, pulled.stderr
    with Cluster() as cluster:
        env = cluster.use(folder / "config")
        installed = world.run("helm", "install", "x", reference, *options, env=env)
        assert installed.returncode == 0, installed.stderr
        assert "Deployment" in cluster.kinds()


@pytest.mark.thorough
def test_both_references_work_for_users_and_every_step_keeps_the_digest(
    anywhere: World, tmp_path: Path
) -> None:
    world = anywhere
    person = Person(world)
    env = documented(world)
    change(world, 1)
    person("publish.all --version 1.6.1", env=env)
    person("publish.all --version 1.7.0", env=env)
    digests = world.registry.tags(PUBLISHED)
    assert sorted(digests) == ["1.6.1", "1.7.0"]
    assert world.registry.tags(PUSH_TO) == digests
    options = ["--plain-http"] if world.registry.plain_http else []
    log_in(world, options)
    for repository in (PUBLISHED, PUSH_TO):
        folder = tmp_path / repository.replace("/", "-")
        folder.mkdir()
        assert_usable(world, f"oci://{world.registry.host}/{repository}", options, folder)
    person("publish.withdraw --version 1.7.0 --delete", env=env)
    assert list(world.registry.tags(PUBLISHED)) == ["1.6.1"]
    assert list(world.registry.tags(PUSH_TO)) == ["1.6.1"]
    person("publish.restore --version 1.7.0", env=env)
    assert world.registry.tags(PUBLISHED) == world.registry.tags(PUSH_TO) == digests


# The documented reference


@pytest.mark.thorough
def test_an_alias_mounts_the_blobs_and_uploads_nothing_twice(world: World, person: Person) -> None:
    env = documented(world)
    person("publish.all", env=env)
    puts = [path for method, path in world.registry.requests if method == "PUT"]
    assert [path for path in puts if path.startswith(f"/v2/{PUSH_TO}/blobs/")] == []
    pushed = list(world.registry.pushed)
    assert "is already published, sha256:" in person("publish.all", env=env).stderr
    assert world.registry.pushed == pushed
    assert "no alias is needed" in person("publish.alias").stderr


@pytest.mark.thorough
def test_where_the_registry_does_not_mount_the_blobs_are_uploaded(
    world: World, person: Person
) -> None:
    answer = world.registry.server.answer

    def unmounted(request: Request) -> Reply:
        return answer(replace(request, query={}) if "mount" in request.query else request)

    world.registry.server.answer = unmounted
    person("publish.all", env=documented(world))
    assert world.registry.tags(PUSH_TO) == world.registry.tags(PUBLISHED)


def test_a_dry_run_prints_the_requests_that_make_the_alias_when_pasted(
    world: World, person: Person, tmp_path: Path
) -> None:
    env = documented(world)
    plan = person("--dry publish.all", env=env).stdout
    assert world.registry.snapshot() == {}
    assert world.token not in plan
    curl = shlex.quote(world.run("sh", "-c", "command -v curl").stdout.strip())
    spied = world.folder / "spied"
    spied.mkdir()
    (spied / "curl").write_text(f'#!/bin/sh\necho "$*" >> {spied}/argv\nexec {curl} "$@"\n')
    (spied / "curl").chmod(0o755)
    pasted = world.run("sh", "-ec", plan, at=tmp_path, env={"PATH": f"{spied}:{world.env['PATH']}"})
    assert pasted.returncode == 0, plan + pasted.stderr
    arguments = (spied / "argv").read_text()
    assert world.token not in arguments
    assert "Bearer" not in arguments
    assert world.registry.tags(PUSH_TO) == world.registry.tags(PUBLISHED) != {}


@pytest.mark.thorough
def test_an_alias_of_nothing_or_over_another_chart_is_refused(world: World, person: Person) -> None:
    env = documented(world)
    assert "is not published" in person.refused("publish.alias", 1, env)
    person("publish.all", env=env)
    first = world.registry.tags(PUSH_TO)["1.6.0"]
    change(world, 1)
    person("publish.package publish.login publish.push --overwrite 1.6.0")
    refusal = person.refused("publish.alias", 1, env)
    assert first in refusal
    assert "threek8s/values.yaml" in refusal
    person("publish.alias --overwrite 1.6.0", env=env)
    tags = world.registry.tags(PUSH_TO)
    assert tags["1.6.0"] == world.registry.tags(PUBLISHED)["1.6.0"] != first
    assert [digest for tag, digest in tags.items() if tag.startswith("replaced-1.6.0-")] == [first]


@pytest.mark.thorough
def test_nothing_is_pushed_if_the_alias_cannot_be_made(world: World, person: Person) -> None:
    elsewhere = {"CHART_REF": "oci://ghcr.io/stianfro/threek8s"}
    assert "CHART_REF is at" in person.refused("publish.all", env=elsewhere)
    env = documented(world)
    person("publish.all", env=env)
    first = world.registry.tags(PUSH_TO)["1.6.0"]
    world.registry.remove(PUBLISHED, first)
    change(world, 1)
    assert first in person.refused("publish.all", 1, env)
    person("publish.all --overwrite 1.6.0", env=env)
    assert world.registry.tags(PUSH_TO)["1.6.0"] == world.registry.tags(PUBLISHED)["1.6.0"] != first


# A published version is never overwritten by accident


def test_an_overwrite_of_another_version_is_refused_before_anything_is_done(
    world: World, person: Person
) -> None:
    for options in ("", " --version 1.7.0", " --ref main"):
        refused = person.refused(f"publish.all --overwrite 1.6.1{options}")
        assert "--overwrite 1.6.1 is not the version to be published, 1." in refused
    refused = person.refused("publish.all --overwrite 1.6.1 --version next")
    assert "--overwrite 1.6.1 and --version next exclude each other" in refused
    refused = person.refused("publish.alias --overwrite 1.6.1 --version 1.7.0")
    assert "is not the version to be published, 1.7.0" in refused
    assert not list(world.clone.glob(".rollback/*/*"))


@pytest.mark.thorough
def test_overwriting_needs_the_version_and_keeps_the_old_manifest(
    world: World, person: Person
) -> None:
    person("publish.all")
    first = world.registry.tags(PUBLISHED)["1.6.0"]
    change(world, 1)
    assert first in person.refused("publish.all", 1)
    person("publish.all --overwrite 1.6.0")
    tags = world.registry.tags(PUBLISHED)
    (kept,) = [tag for tag in tags if tag.startswith("replaced-1.6.0-")]
    assert tags[kept] == first != tags["1.6.0"]
    (journal,) = world.clone.glob(".rollback/*/journal.jsonl")
    assert f'"replaced": "{first}"' in journal.read_text()
    person("publish.all --overwrite 1.6.0")
    assert world.registry.tags(PUBLISHED) == tags


@pytest.mark.thorough
def test_a_kept_manifest_is_no_version_and_has_its_own_digest_in_its_tag(
    world: World, person: Person
) -> None:
    digests = []
    for number in (1, 2, 3):
        person("publish.all --version 1.7.0+build.5 --overwrite 1.7.0+build.5")
        digests.append(world.registry.tags(PUBLISHED)["1.7.0_build.5"])
        change(world, number)
    tags = world.registry.tags(PUBLISHED)
    assert [str(version) for version in published_versions(list(tags))] == ["1.7.0+build.5"]
    kept = [tag for tag in tags if tag.startswith("replaced-1.7.0_build.5-")]
    assert {tags[tag] for tag in kept} == set(digests[:2])
    for tag in kept:
        assert tag.endswith(tags[tag].removeprefix("sha256:")[:12])


@pytest.mark.thorough
def test_a_registry_that_still_shows_the_overwritten_manifest_is_waited_for(
    world: World, person: Person
) -> None:
    person("publish.all")
    first = world.registry.tags(PUBLISHED)["1.6.0"]
    answer = world.registry.server.answer
    stale = [3]

    def lagging(request: Request) -> Reply:
        is_read = request.method == "GET" and request.path.endswith("/manifests/1.6.0")
        if is_read and stale[0] and world.registry.tags(PUBLISHED)["1.6.0"] != first:
            stale[0] -= 1
            return answer(replace(request, path=request.path.replace("1.6.0", first)))
        return answer(request)

    world.registry.server.answer = lagging
    change(world, 1)
    assert "to show" in person("publish.all --overwrite 1.6.0").stderr
    assert stale == [0]


# The last known good, and the next free version


@pytest.fixture
def history(world: World) -> World:
    """Give a world with the good release 1.6.1, and with 1.7.0 whose chart cannot be installed."""
    happen(world, SCENARIOS["install"].happen)
    return world


@pytest.mark.thorough
def test_the_last_known_good_release_is_found_and_published_again_above_every_other(
    history: World, person: Person
) -> None:
    result = json.loads(person("publish.good --json").stdout)
    assert result["good"] == "v1.6.1"
    outcomes = {release["name"]: release["outcome"] for release in result["releases"]}
    assert outcomes == {"v1.7.0": "failed", "v1.6.1": "passed"}
    line = "publish.all --ref v1.6.1 --version next"
    person(line)
    assert sorted(history.registry.tags(PUBLISHED)) == ["1.6.1", "1.7.0", "1.7.101"]
    person("timeline.stop")  # now only the registry shows that it is done
    person(line)
    assert sorted(history.registry.tags(PUBLISHED)) == ["1.6.1", "1.7.0", "1.7.101"]
    shown = history.run("helm", "show", "values", history.reference, "--plain-http").stdout
    assert "enabled: false" in shown
    (*_, good) = json.loads(person("publish.good --json").stdout)["releases"]
    recovered = "users get 1.7.101, which is no release, as after a recovery"
    assert good["next"] == f"{recovered}; only if that is bad too: invoke {line}"


@pytest.mark.thorough
def test_a_difference_from_the_release_of_that_version_is_reported_with_the_way_to_publish_it(
    world: World, person: Person
) -> None:
    world.github.actions.disabled = True
    world.release("1.6.1", "1.6.0")
    change(world, 1)
    output = notes_of(person("--dry publish.package").stdout)
    assert f"not the release v1.6.1, from which it differs in {VALUES}" in output
    assert "to publish the release's own chart: invoke publish.all --ref v1.6.1" in output
    assert "differs" not in person("publish.all --ref v1.6.1").stderr


@pytest.mark.thorough
def test_the_next_version_is_above_what_users_get_at_the_documented_reference(
    world: World, person: Person
) -> None:
    other = f"oci://{world.registry.host}/stianfro/other"
    person("publish.all --version 1.9.0", env={"REGISTRY": other})
    change(world, 1)
    person("publish.all --version next", env={"CHART_REF": f"{other}/threek8s"})
    assert sorted(world.registry.tags("stianfro/other/threek8s")) == ["1.9.0", "1.9.100"]
    assert list(world.registry.tags(PUBLISHED)) == ["1.9.100"]


@pytest.mark.thorough
def test_a_tag_that_was_moved_is_used_as_it_is_at_origin(world: World, person: Person) -> None:
    world.github.actions.disabled = True
    world.release("1.6.1", "1.6.0")
    here = world.git("rev-parse", "v1.6.1")
    change(world, 1)
    world.git("push", "--quiet", "--force", "origin", "HEAD:refs/tags/v1.6.1")
    assert "differs" not in person("--dry publish.package").stderr
    assert f"v1.6.1 was moved: it is {here[:12]} here" in person("publish.all --ref v1.6.1").stderr
    values = world.run("helm", "show", "values", world.reference, "--plain-http").stdout
    assert "replicas: 2" in values
    assert world.git("rev-parse", "v1.6.1") == here


@pytest.mark.thorough
def test_an_untracked_file_is_a_difference_and_a_chart_may_have_its_own_tags(
    world: World, person: Person
) -> None:
    world.git("tag", "chart-v1.6.0")
    world.git("push", "--quiet", "origin", "chart-v1.6.0")
    (world.clone / CHART / "templates" / "new.yaml").write_text("")
    output = notes_of(person("--dry publish.package").stdout)
    difference = f"from which it differs in {CHART}/templates/new.yaml"
    assert f"not the release chart-v1.6.0, {difference}" in output


# Withdrawing


@pytest.mark.thorough
def test_withdrawing_needs_its_flag_and_leaves_users_something(
    history: World, person: Person
) -> None:
    assert "add --delete" in person.refused("publish.withdraw --version 1.7.0")
    before = history.registry.tags(PUBLISHED)
    output = person("publish.withdraw --version 1.7.0 --delete").stderr
    assert "users get 1.6.1 now" in output
    output = person("publish.withdraw --version 1.7.0 --delete").stderr
    unpublished = f"1.7.0 is not published at {history.reference}:1.7.0"
    assert f"{unpublished}: it was withdrawn, and its bytes are saved" in output
    assert "invoke publish.restore --version 1.7.0" in output
    assert "the only version" in person.refused("publish.withdraw --version 1.6.1 --delete", 1)
    person("publish.restore --version 1.7.0")
    assert history.registry.tags(PUBLISHED) == before
    assert "is already published" in person("publish.restore --version 1.7.0").stderr
    env = documented(history)
    refusal = person.refused("publish.withdraw --version 9.9.9 --delete", 1, env)
    references = f"{history.reference}:9.9.9 or {env['CHART_REF']}:9.9.9"
    assert f"9.9.9 is not published at {references}, so there is nothing to" in refusal
    assert "the bytes of 9.9.9 are not in" in person.refused("publish.restore --version 9.9.9")


@pytest.mark.thorough
def test_on_ghcr_a_version_is_deleted_through_github(history: World, person: Person) -> None:
    before = history.registry.tags(PUBLISHED)
    history.as_ghcr()
    person("publish.withdraw --version 1.7.0 --delete")
    assert sorted(history.registry.tags(PUBLISHED)) == ["1.6.1"]
    person("publish.restore --version 1.7.0")
    assert history.registry.tags(PUBLISHED) == before


@pytest.mark.thorough
def test_a_dry_withdrawal_prints_commands_that_save_and_withdraw_when_pasted(
    history: World, person: Person
) -> None:
    before = history.registry.tags(PUBLISHED)
    plan = person("--dry publish.withdraw --version 1.7.0 --delete").stdout
    assert history.registry.tags(PUBLISHED) == before
    pasted = history.run("sh", "-ec", plan)
    assert pasted.returncode == 0, plan + pasted.stderr
    assert sorted(history.registry.tags(PUBLISHED)) == ["1.6.1"]
    command = "publish.restore --version 1.7.0"
    assert "no journal names the bytes in" in person.refused(command)
    command += f" --digest {before['1.7.0']}"
    dry = person(f"--dry {command}")
    assert dry.stdout == ""
    assert f"only a real run uploads {history.reference}:1.7.0" in dry.stderr
    person(command)
    assert history.registry.tags(PUBLISHED) == before


@pytest.mark.thorough
def test_a_version_is_withdrawn_from_every_reference_or_from_none(
    history: World, person: Person
) -> None:
    env = documented(history)
    person("publish.alias", env=env)
    assert list(history.registry.tags(PUSH_TO)) == ["1.7.0"]
    refusal = person.refused("publish.withdraw --version 1.7.0 --delete", 1, env)
    assert "the only version there" in refusal


@pytest.mark.thorough
def test_what_users_get_afterwards_is_reported_for_the_documented_reference(
    world: World, person: Person
) -> None:
    env = documented(world)
    for version in ("1.6.1", "1.7.0"):
        person(f"publish.all --version {version}", env=env)
    person("publish.all --version 1.8.0")
    withdrawn = person("publish.withdraw --version 1.7.0 --delete", env=env).stderr
    assert f"users get 1.6.1 now at {env['CHART_REF']}" in withdrawn
    restored = person("publish.restore --version 1.7.0", env=env).stderr
    assert f"users get 1.7.0 now at {env['CHART_REF']}" in restored


@pytest.mark.thorough
def test_a_version_is_restored_at_each_reference_and_a_dry_run_names_each(
    world: World, person: Person
) -> None:
    env = documented(world)
    for version in ("1.6.1", "1.7.0"):
        person(f"publish.all --version {version}", env=env)
    places = (PUBLISHED, PUSH_TO)
    before = [world.registry.tags(place) for place in places]
    person("publish.withdraw --version 1.7.0 --delete", env=env)
    assert [sorted(world.registry.tags(place)) for place in places] == [["1.6.1"], ["1.6.1"]]
    dry = person("--dry publish.restore --version 1.7.0", env=env)
    assert dry.stdout == ""  # an upload takes more than commands to paste
    for reference in (world.reference, env["CHART_REF"]):
        assert f"only a real run uploads {reference}:1.7.0" in dry.stderr
    person("publish.restore --version 1.7.0", env=env)
    assert [world.registry.tags(place) for place in places] == before


@pytest.mark.thorough
def test_one_of_several_pre_releases_is_withdrawn_but_not_the_only_release(
    world: World, person: Person
) -> None:
    for version in ("1.7.0-rc.1", "1.7.0-rc.2"):
        person(f"publish.all --version {version}")
    output = person("publish.withdraw --version 1.7.0-rc.1 --delete").stderr
    assert "users get no release now" in output
    assert list(world.registry.tags(PUBLISHED)) == ["1.7.0-rc.2"]
    refusal = person.refused("publish.withdraw --version 1.7.0-rc.2 --delete", 1)
    assert "the only version there" in refusal
    person("publish.all")
    refusal = person.refused("publish.withdraw --version 1.6.0 --delete", 1)
    assert "the only release there beside pre-releases" in refusal


@pytest.mark.thorough
def test_a_deletion_is_verified(history: World, person: Person) -> None:
    answer = history.registry.server.answer
    history.registry.server.answer = lambda request: (
        Reply(202) if request.method == "DELETE" else answer(request)
    )
    line = "publish.withdraw --version 1.7.0 --delete"
    assert "is still there" in person.refused(line, 3, {"WAIT_TIMEOUT": "1"})


@pytest.mark.thorough
def test_what_another_registry_does_not_delete_is_never_deleted_on_ghcr(
    history: World, person: Person
) -> None:
    history.registry.allows_delete = False
    assert "does not allow deleting" in person.refused(
        "publish.withdraw --version 1.7.0 --delete", 3
    )
    assert [path for _, path in history.github.requests if "/packages/" in path] == []


@pytest.mark.thorough
def test_a_digest_that_github_does_not_list_is_not_taken_for_deleted(
    history: World, person: Person
) -> None:
    history.as_ghcr()
    answer = history.github.server.answer
    history.github.server.answer = lambda request: (
        Reply(200, []) if request.path.endswith("/versions") else answer(request)
    )
    refusal = person.refused("publish.withdraw --version 1.7.0 --delete", 3)
    assert "GitHub lists no version sha256:" in refusal


@pytest.mark.thorough
def test_a_withdrawn_version_is_not_published_again_but_restored(
    world: World, person: Person
) -> None:
    person("publish.all --version 1.5.9 publish.all")
    before = world.registry.tags(PUBLISHED)
    person("publish.withdraw --version 1.6.0 --delete")
    assert "publish.restore --version 1.6.0" in person.refused("publish.all", 1)
    person("publish.restore --version 1.6.0 publish.all")
    assert world.registry.tags(PUBLISHED) == before


@pytest.mark.thorough
def test_a_version_that_the_incident_withdrew_is_not_verified_any_more(
    world: World, person: Person
) -> None:
    for version in ("1.6.1", "1.7.0"):
        person(f"publish.all --version {version} --app-version {version}")
    person("publish.withdraw --version 1.7.0 --delete")
    assert f"{world.reference}:1.6.1" in person("verify.chart").stdout


# Before and after


def outcomes_of(output: str) -> dict[str, str]:
    """Return the outcomes of the checks in JSON output, by name."""
    return {check["name"]: check["outcome"] for check in json.loads(output)["checks"]}


@pytest.mark.thorough
def test_obstacles_are_reported_before_anything_is_done(world: World, person: Person) -> None:
    assert outcomes_of(person("publish.check --json").stdout) == {
        "references": "passed",
        "token": "passed",
        "public": "unverified",
        "helm": "passed",
    }
    person("publish.all")
    assert world.registry.uploads == {}
    world.registry.access.readonly.add(world.token)
    world.registry.access.private.add(PUBLISHED)
    output = person("publish.check", 1).stdout
    assert "write_package" in output
    assert "write:packages" in output
    assert f"let anybody read oci://{world.registry.host}" in output


@pytest.mark.thorough
def test_a_registry_that_cannot_be_reached_fails_the_checks(world: World, person: Person) -> None:
    world.registry.server.answer = lambda _: Reply(500, {})
    assert outcomes_of(person("publish.check --json", 1).stdout) == {
        "references": "passed",
        "token": "failed",
        "public": "failed",
        "helm": "passed",
    }
    output = person("publish.check", 1, env={"REGISTRY": "oci://127.0.0.1:9/x"})
    assert "request to 127.0.0.1:9 failed" in output.stdout
    assert "token and public did not pass" in output.stderr


@pytest.mark.thorough
def test_a_first_push_that_users_cannot_read_is_reported_as_private(
    world: World, person: Person
) -> None:
    world.registry.private_by_default = True
    output = person("publish.all").stderr
    assert "is private: users cannot install it" in output
    assert "let anybody read" in output


@pytest.mark.thorough
def test_a_first_push_to_an_organisations_package_links_to_its_settings(
    world: World, person: Person
) -> None:
    world.as_ghcr()
    world.registry.private_by_default = True
    answer = world.github.server.answer
    owner = {"type": "Organization"}
    world.github.server.answer = lambda request: (
        Reply(200, owner) if request.path == "/users/stianfro" else answer(request)
    )
    page = "https://github.com/orgs/stianfro/packages/container/threek8s%2Fchart%2Fthreek8s"
    assert f"make the package public: {page}/settings" in person("publish.all").stderr


@pytest.mark.thorough
def test_a_push_is_repeated_while_the_registry_does_not_know_what_it_was_given(
    world: World, person: Person
) -> None:
    answer = world.registry.server.answer
    absent = [2]

    def forgetful(request: Request) -> Reply:
        stored = world.registry.repositories[PUBLISHED]
        untagged = stored.manifests and not stored.tags
        is_read = request.method != "PUT" and "/manifests/sha256:" in request.path
        if absent[0] and untagged and is_read:
            absent[0] -= 1
            return Reply(404)
        return answer(request)

    world.registry.server.answer = forgetful
    assert "to push again" in person("publish.all").stderr
    assert absent == [0]
    assert list(world.registry.tags(PUBLISHED)) == ["1.6.0"]
    world.registry.remove(PUBLISHED, world.registry.tags(PUBLISHED)["1.6.0"])
    absent[0] = 99
    assert "GHCR has not caught up" in person("publish.all", 3).stderr


@pytest.mark.thorough
def test_a_registry_that_lags_is_waited_for(world: World, person: Person) -> None:
    answer = world.registry.server.answer
    absent = [3]
    unknown = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}

    def lagging(request: Request) -> Reply:
        is_read = request.method == "GET" and "/manifests/" in request.path
        if is_read and absent[0] and world.registry.tags(PUBLISHED):
            absent[0] -= 1
            return Reply(404, unknown)
        return answer(request)

    world.registry.server.answer = lagging
    assert "waiting for" in person("publish.all").stderr
    assert absent == [0]


@pytest.mark.thorough
def test_of_two_who_publish_at_the_same_moment_the_loser_is_told(
    world: World, exhaustive: bool, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    other = tmp_path / "other"
    world.git("clone", "--quiet", f"https://github.com/{world.github.slug}.git", str(other))
    values = other / VALUES
    values.write_text(values.read_text().replace("replicas: 1", "replicas: 2"))
    rounds = 30 if exhaustive else 2
    before_the_push = 0
    with ThreadPoolExecutor(2) as operators:
        for number in range(rounds):
            world.registry.server.latency = 0.05 * (number % 2)
            outputs = publish_from_both(operators, world, other, f"2.0.{number}")
            before_the_push += any("with other content" in output for output in outputs)
    count = f"{before_the_push} losers told before they pushed, {rounds - before_the_push} after"
    record_property("summary", f"two operators at once: {rounds} rounds, {count}")


def publish_from_both(
    operators: ThreadPoolExecutor, world: World, other: Path, version: str
) -> list[str]:
    """Publish a version from two clones at once; assert that one wins, and return both outputs."""

    def publish(clone: Path) -> CompletedProcess[str]:
        words = ["publish.all", "--version", version]
        environ = {**world.env, "REPO_DIR": str(clone)}
        return preloaded_invoke().run(words, PROJECT, environ)

    ended = list(operators.map(publish, (world.clone, other)))
    codes = [done.returncode for done in ended]
    outputs = [done.stderr for done in ended]
    digest = world.registry.tags(PUBLISHED)[version]
    for code, output in zip(codes, outputs, strict=True):
        won = digest in output.replace("has the digest", "") and "✗" not in output
        assert (code == 0) == won, outputs
        lost = "with other content" in output or "somebody else published it" in output
        assert code == 0 or lost, outputs
    assert codes.count(0) == 1, outputs
    return outputs

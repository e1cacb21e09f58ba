"""Publishing that cannot make things worse: the reference that users are told works, nothing is lost, and what is taken away comes back."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

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

PUBLISHED, VALUES = f"{PUSH_TO}/threek8s", f"{CHART}/values.yaml"


def told(world: World) -> dict[str, str]:
    """Return the setting by which users are told the path that helm push cannot publish at."""
    return {"CHART_REF": f"oci://{world.registry.host}/{PUSH_TO}"}


def change(world: World, number: int) -> None:
    """Change the chart, and push that."""
    world.commit(
        f"feat: {number + 1}", {VALUES: (f"replicas: {number}", f"replicas: {number + 1}")}
    )
    world.git("push", "--quiet", "origin", "main")


# The matrix: every registry with every helm

REGISTRIES = {
    "embedded": None,
    "docker-registry": DockerRegistry,
    "docker-registry with TLS and a login": SecureDockerRegistry,
}


@pytest.fixture(
    params=[f"{registry}, helm {helm}" for registry in REGISTRIES for helm in programs.HELMS]
)
def anywhere(request: pytest.FixtureRequest, exhaustive: bool) -> Iterator[World]:
    """Give a world with one of the registries and one of the helms; only the first of them unless everything is to be tried."""
    registry, _, helm = request.param.partition(", helm ")
    kind = REGISTRIES[registry]
    if not exhaustive and (kind or helm != next(iter(programs.HELMS))):
        pytest.skip("one registry and one helm are enough here: run with --all")
    if kind and not shutil.which("docker-registry"):
        pytest.skip("docker-registry is not installed (the Debian package of that name)")
    folders = [*programs.bring(print, helm), *FOLDERS] if exhaustive else FOLDERS
    made: Registry | None = kind() if kind else None
    with World(folders, made) as world:
        yield world


def test_both_references_work_for_users_and_every_step_keeps_the_digest(
    anywhere: World, tmp_path: Path
) -> None:
    person, world, env = Person(anywhere), anywhere, told(anywhere)
    change(world, 1)
    person("publish.all --version 1.6.1", env=env)
    person("publish.all --version 1.7.0", env=env)
    digests = world.registry.tags(PUBLISHED)
    assert sorted(digests) == ["1.6.1", "1.7.0"]
    assert world.registry.tags(PUSH_TO) == digests
    options = ["--plain-http"] if world.registry.plain_http else []
    login = [
        "helm",
        "registry",
        "login",
        world.registry.host,
        *options,
        "--username=stianfro",
        f"--password={world.token}",
    ]
    if options and "unknown flag" in world.run(*login).stderr:
        login.remove("--plain-http")
    assert world.run(*login).returncode == 0
    for repository in (PUBLISHED, PUSH_TO):
        reference = f"oci://{world.registry.host}/{repository}"
        for number, words in enumerate(
            (
                ["show", "chart", reference],
                ["template", "x", reference],
                ["pull", reference, "--untar", "-d"],
            )
        ):
            more = [str(tmp_path / repository.replace("/", "-") / str(number))] * (
                words[0] == "pull"
            )
            used = world.run("helm", *words, *more, "--version=1.7.0", *options)
            assert used.returncode == 0, used.stderr
            assert words[0] == "pull" or "1.7.0" in used.stdout
        with Cluster() as cluster:
            config = cluster.use(tmp_path / "config")
            installed = world.run(
                "helm", "install", "x", reference, "--version=1.7.0", *options, env=config
            )
            assert installed.returncode == 0 and "Deployment" in cluster.kinds(), installed.stderr
    person("publish.withdraw --version 1.7.0 --delete", env=env)
    assert (
        sorted(world.registry.tags(PUBLISHED)) == sorted(world.registry.tags(PUSH_TO)) == ["1.6.1"]
    )
    person("publish.restore --version 1.7.0", env=env)
    assert world.registry.tags(PUBLISHED) == world.registry.tags(PUSH_TO) == digests


# The documented reference


def test_an_alias_mounts_what_is_there_and_uploads_nothing_twice(
    world: World, person: Person
) -> None:
    env = told(world)
    person("publish.all", env=env)
    uploads = [
        path
        for method, path in world.registry.requests
        if method == "PUT" and path.startswith(f"/v2/{PUSH_TO}/blobs/")
    ]
    assert uploads == []
    pushed = list(world.registry.pushed)
    assert "is there already" in person("publish.all", env=env).stderr
    assert world.registry.pushed == pushed
    assert "no alias is needed" in person("publish.alias").stderr


def test_where_the_registry_does_not_mount_the_bytes_are_uploaded(
    world: World, person: Person
) -> None:
    answer = world.registry.server.answer

    def unmounted(request: Request) -> Reply:
        return answer(replace(request, query={}) if "mount" in request.query else request)

    world.registry.server.answer = unmounted
    person("publish.all", env=told(world))
    assert world.registry.tags(PUSH_TO) == world.registry.tags(PUBLISHED)


def test_a_dry_run_prints_the_requests_and_pasted_they_make_the_alias(
    world: World, person: Person, tmp_path: Path
) -> None:
    env = told(world)
    plan = person("--dry publish.all", env=env).stdout
    assert world.registry.snapshot() == {}
    assert world.token not in plan
    spied, curl = (
        world.folder / "spied",
        shlex.quote(world.run("sh", "-c", "command -v curl").stdout.strip()),
    )
    spied.mkdir()
    (spied / "curl").write_text(f'#!/bin/sh\necho "$*" >> {spied}/argv\nexec {curl} "$@"\n')
    (spied / "curl").chmod(0o755)
    pasted = world.run("sh", "-ec", plan, at=tmp_path, env={"PATH": f"{spied}:{world.env['PATH']}"})
    assert pasted.returncode == 0, plan + pasted.stderr
    assert (
        world.token not in (spied / "argv").read_text()
        and "Bearer" not in (spied / "argv").read_text()
    )
    assert world.registry.tags(PUSH_TO) == world.registry.tags(PUBLISHED) != {}


@pytest.mark.thorough
def test_an_alias_of_nothing_or_over_another_chart_is_refused(world: World, person: Person) -> None:
    env = told(world)
    assert "is not published" in person.refused("publish.alias", 1, env)
    person("publish.all", env=env)
    first = world.registry.tags(PUSH_TO)["1.6.0"]
    change(world, 1)
    person("publish.package publish.login publish.push --overwrite 1.6.0")
    refusal = person.refused("publish.alias", 1, env)
    assert first in refusal and VALUES.partition("/")[2] in refusal
    person("publish.alias --overwrite 1.6.0", env=env)
    tags = world.registry.tags(PUSH_TO)
    assert tags["1.6.0"] == world.registry.tags(PUBLISHED)["1.6.0"] != first
    assert [digest for tag, digest in tags.items() if tag.startswith("replaced-1.6.0-")] == [first]


@pytest.mark.thorough
def test_nothing_is_pushed_if_the_alias_cannot_be_made(world: World, person: Person) -> None:
    assert "CHART_REF is at" in person.refused(
        "publish.all", env={"CHART_REF": "oci://ghcr.io/stianfro/threek8s"}
    )
    env = told(world)
    person("publish.all", env=env)
    first = world.registry.tags(PUSH_TO)["1.6.0"]
    world.registry.remove(PUBLISHED, first)
    change(world, 1)
    assert first in person.refused("publish.all", 1, env)
    person("publish.all --overwrite 1.6.0", env=env)
    assert world.registry.tags(PUSH_TO)["1.6.0"] == world.registry.tags(PUBLISHED)["1.6.0"] != first


# A published version is never overwritten by accident


def test_overwriting_needs_the_versions_name_and_keeps_what_stood_there(
    world: World, person: Person
) -> None:
    person("publish.all")
    first = world.registry.tags(PUBLISHED)["1.6.0"]
    change(world, 1)
    assert first in person.refused("publish.all", 1)
    assert first in person.refused("publish.all --overwrite 1.6.1", 1)
    person("publish.all --overwrite 1.6.0")
    tags = world.registry.tags(PUBLISHED)
    (kept,) = [tag for tag in tags if tag.startswith("replaced-1.6.0-")]
    assert tags[kept] == first != tags["1.6.0"]
    (journal,) = world.clone.glob(".rollback/*/journal.jsonl")
    assert f'"replaced": "{first}"' in journal.read_text()
    person("publish.all --overwrite 1.6.0")
    assert world.registry.tags(PUBLISHED) == tags


@pytest.mark.thorough
def test_what_is_kept_is_no_version_and_each_is_kept_under_its_own_digest(
    world: World, person: Person
) -> None:
    digests = []
    for number in (1, 2, 3):
        person("publish.all --version 1.7.0+build.5 --overwrite 1.7.0+build.5")
        digests.append(world.registry.tags(PUBLISHED)["1.7.0_build.5"])
        change(world, number)
    tags = world.registry.tags(PUBLISHED)
    assert [str(found) for found in published_versions(list(tags))] == ["1.7.0+build.5"]
    kept = {
        tag.rpartition("-")[2]: digest
        for tag, digest in tags.items()
        if tag.startswith("replaced-1.7.0_build.5-")
    }
    assert kept == {digest.partition(":")[2][:12]: digest for digest in digests[:2]}


@pytest.mark.thorough
def test_a_registry_that_still_shows_what_was_overwritten_lags(
    world: World, person: Person
) -> None:
    person("publish.all")
    first, answer, stale = (
        world.registry.tags(PUBLISHED)["1.6.0"],
        world.registry.server.answer,
        [3],
    )

    def lagging(request: Request) -> Reply:
        asked = request.method == "GET" and request.path.endswith("/manifests/1.6.0")
        if asked and stale[0] and world.registry.tags(PUBLISHED)["1.6.0"] != first:
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
    """Give a world with the sound release 1.6.1, and with 1.7.0 whose chart cannot be installed."""
    SCENARIOS["install"].happen(world)
    return world


def test_the_last_known_good_release_is_found_and_published_again_above_every_other(
    history: World, person: Person
) -> None:
    found = json.loads(person("publish.good --json").stdout)
    assert found["good"] == "v1.6.1"
    assert {release["name"]: release["outcome"] for release in found["releases"]} == {
        "v1.7.0": "failed",
        "v1.6.1": "passed",
    }
    line = "publish.all --ref v1.6.1 --version next"
    person(line)
    assert sorted(history.registry.tags(PUBLISHED)) == ["1.6.1", "1.7.0", "1.7.1"]
    person("timeline.stop")  # now the world alone tells that it is done
    person(line)
    assert sorted(history.registry.tags(PUBLISHED)) == ["1.6.1", "1.7.0", "1.7.1"]
    shown = history.run("helm", "show", "values", history.reference, "--plain-http").stdout
    assert "enabled: false" in shown
    (*_, told) = json.loads(person("publish.good --json").stdout)["releases"]
    assert (
        told["next"]
        == f"users get 1.7.1, which is no release, as after a recovery; only if that is bad too: invoke {line}"
    )


def test_the_difference_to_the_release_of_that_version_is_shown_and_the_releases_own_can_be_had(
    world: World, person: Person
) -> None:
    world.github.actions_disabled = True
    world.release("1.6.1", "1.6.0")
    change(world, 1)
    plan = person("--dry publish.package").stderr
    assert (
        f"not the release v1.6.1, from which it differs in {VALUES}" in plan
        and "--ref v1.6.1" in plan
    )
    assert "differs" not in person("publish.all --ref v1.6.1").stderr


@pytest.mark.thorough
def test_the_next_version_is_above_what_users_find_where_they_are_told(
    world: World, person: Person
) -> None:
    other = f"oci://{world.registry.host}/stianfro/other"
    person("publish.all --version 1.9.0", env={"REGISTRY": other})
    change(world, 1)
    person("publish.all --version next", env={"CHART_REF": f"{other}/threek8s"})
    assert sorted(world.registry.tags("stianfro/other/threek8s")) == ["1.9.0", "1.9.1"]
    assert list(world.registry.tags(PUBLISHED)) == ["1.9.1"]


@pytest.mark.thorough
def test_a_tag_that_was_moved_is_taken_as_it_is_at_origin(world: World, person: Person) -> None:
    world.github.actions_disabled = True
    world.release("1.6.1", "1.6.0")
    here = world.git("rev-parse", "v1.6.1")
    change(world, 1)
    world.git("push", "--quiet", "--force", "origin", "HEAD:refs/tags/v1.6.1")
    assert "differs" not in person("--dry publish.package").stderr
    assert f"v1.6.1 was moved: it is {here[:12]} here" in person("publish.all --ref v1.6.1").stderr
    assert (
        "replicas: 2" in world.run("helm", "show", "values", world.reference, "--plain-http").stdout
    )
    assert world.git("rev-parse", "v1.6.1") == here


def test_a_file_that_git_does_not_know_yet_is_a_difference_and_a_chart_may_have_tags_of_its_own(
    world: World, person: Person
) -> None:
    world.git("tag", "chart-v1.6.0")
    world.git("push", "--quiet", "origin", "chart-v1.6.0")
    (world.clone / CHART / "templates" / "new.yaml").write_text("")
    told = person("--dry publish.package").stderr
    assert (
        f"not the release chart-v1.6.0, from which it differs in {CHART}/templates/new.yaml" in told
    )


# Withdrawing


def test_withdrawing_needs_its_flag_and_leaves_users_something(
    history: World, person: Person
) -> None:
    assert "add --delete" in person.refused("publish.withdraw --version 1.7.0")
    before = history.registry.tags(PUBLISHED)
    told = person("publish.withdraw --version 1.7.0 --delete").stderr
    assert "users get 1.6.1 now" in told
    told = person("publish.withdraw --version 1.7.0 --delete").stderr
    assert (
        f"1.7.0 is not published at {history.reference}:1.7.0: it was withdrawn, and its bytes are saved"
        in told
    )
    assert "invoke publish.restore --version 1.7.0" in told
    assert "the only version" in person.refused("publish.withdraw --version 1.6.1 --delete", 1)
    person("publish.restore --version 1.7.0")
    assert history.registry.tags(PUBLISHED) == before
    assert "is there" in person("publish.restore --version 1.7.0").stderr
    nowhere = person(
        "publish.withdraw --version 9.9.9 --delete",
        env={"CHART_REF": f"oci://{history.registry.host}/{PUSH_TO}"},
    ).stderr
    assert (
        f"9.9.9 is published neither at {history.reference}:9.9.9 nor at oci://" in nowhere
        and "withdrawn" not in nowhere
    )
    assert "the bytes of 9.9.9 are not in" in person.refused("publish.restore --version 9.9.9")


@pytest.mark.thorough
def test_at_ghcr_which_deletes_nothing_itself_githubs_api_does(
    history: World, person: Person
) -> None:
    before = history.registry.tags(PUBLISHED)
    history.as_ghcr()
    person("publish.withdraw --version 1.7.0 --delete")
    assert sorted(history.registry.tags(PUBLISHED)) == ["1.6.1"]
    person("publish.restore --version 1.7.0")
    assert history.registry.tags(PUBLISHED) == before


@pytest.mark.thorough
def test_a_dry_withdrawal_is_commands_that_save_and_withdraw_when_they_are_pasted(
    history: World, person: Person
) -> None:
    before = history.registry.tags(PUBLISHED)
    plan = person("--dry publish.withdraw --version 1.7.0 --delete").stdout
    assert history.registry.tags(PUBLISHED) == before
    pasted = history.run("sh", "-ec", plan)
    assert pasted.returncode == 0, plan + pasted.stderr
    assert sorted(history.registry.tags(PUBLISHED)) == ["1.6.1"]
    assert person("--dry publish.restore --version 1.7.0").stdout == ""
    person("publish.restore --version 1.7.0")
    assert history.registry.tags(PUBLISHED) == before


def test_a_version_is_withdrawn_wherever_it_stands_or_nowhere(
    history: World, person: Person
) -> None:
    env = told(history)
    person("publish.alias", env=env)
    assert list(history.registry.tags(PUSH_TO)) == ["1.7.0"]
    assert "the only version there" in person.refused(
        "publish.withdraw --version 1.7.0 --delete", 1, env
    )


@pytest.mark.thorough
def test_what_users_get_afterwards_is_what_they_get_where_they_are_told(
    world: World, person: Person
) -> None:
    env = told(world)
    for version in ("1.6.1", "1.7.0"):
        person(f"publish.all --version {version}", env=env)
    person("publish.all --version 1.8.0")
    assert (
        f"users get 1.6.1 now at {env['CHART_REF']}"
        in person("publish.withdraw --version 1.7.0 --delete", env=env).stderr
    )
    assert (
        f"users get 1.7.0 now at {env['CHART_REF']}"
        in person("publish.restore --version 1.7.0", env=env).stderr
    )


@pytest.mark.thorough
def test_a_pre_release_is_withdrawn_from_among_others_but_not_the_only_release(
    world: World, person: Person
) -> None:
    for version in ("1.7.0-rc.1", "1.7.0-rc.2"):
        person(f"publish.all --version {version}")
    assert (
        "users get no release now"
        in person("publish.withdraw --version 1.7.0-rc.1 --delete").stderr
    )
    assert list(world.registry.tags(PUBLISHED)) == ["1.7.0-rc.2"]
    assert "the only version there" in person.refused(
        "publish.withdraw --version 1.7.0-rc.2 --delete", 1
    )
    person("publish.all")
    assert "the only release there beside pre-releases" in person.refused(
        "publish.withdraw --version 1.6.0 --delete", 1
    )


@pytest.mark.thorough
def test_what_the_registry_says_it_deleted_is_looked_for(history: World, person: Person) -> None:
    answer = history.registry.server.answer
    history.registry.server.answer = lambda asked: (
        Reply(202) if asked.method == "DELETE" else answer(asked)
    )
    line = "publish.withdraw --version 1.7.0 --delete"
    assert "is still there" in person.refused(line, 3, {"WAIT_TIMEOUT": "1"})


def test_what_another_registry_does_not_delete_is_never_deleted_at_ghcr(
    history: World, person: Person
) -> None:
    history.registry.deletes = False
    assert "lets nobody delete" in person.refused("publish.withdraw --version 1.7.0 --delete", 3)
    assert [path for _, path in history.github.requests if "/packages/" in path] == []


@pytest.mark.thorough
def test_a_digest_that_github_does_not_know_is_not_taken_for_deleted(
    history: World, person: Person
) -> None:
    history.as_ghcr()
    answer = history.github.server.answer
    history.github.server.answer = lambda asked: (
        Reply(200, []) if asked.path.endswith("/versions") else answer(asked)
    )
    assert "GitHub lists no version sha256:" in person.refused(
        "publish.withdraw --version 1.7.0 --delete", 3
    )


def test_what_was_withdrawn_on_purpose_is_not_published_again_but_put_back(
    world: World, person: Person
) -> None:
    person("publish.all --version 1.5.9 publish.all")
    before = world.registry.tags(PUBLISHED)
    person("publish.withdraw --version 1.6.0 --delete")
    assert "publish.restore --version 1.6.0" in person.refused("publish.all", 1)
    person("publish.restore --version 1.6.0 publish.all")
    assert world.registry.tags(PUBLISHED) == before


@pytest.mark.thorough
def test_what_the_incident_published_and_withdrew_is_not_verified_any_more(
    world: World, person: Person
) -> None:
    for version in ("1.6.1", "1.7.0"):
        person(f"publish.all --version {version} --app-version {version}")
    person("publish.withdraw --version 1.7.0 --delete")
    assert f"{world.reference}:1.6.1" in person("verify.chart").stdout


# Before and after


def test_what_stands_in_the_way_is_told_before_anything_is_done(
    world: World, person: Person
) -> None:
    found = {
        check["name"]: check
        for check in json.loads(person("publish.check --json").stdout)["checks"]
    }
    assert {name: check["outcome"] for name, check in found.items()} == {
        "references": "passed", "token": "passed", "public": "unverified", "helm": "passed",
    }  # fmt: skip
    person("publish.all")
    assert world.registry._uploads == {}
    world.registry.gate.readonly.add(world.token)
    world.registry.gate.private.add(PUBLISHED)
    told = person("publish.check", 1).stdout
    assert (
        "write_package" in told
        and "write:packages" in told
        and f"let anybody read oci://{world.registry.host}" in told
    )


def test_a_registry_that_cannot_be_asked_stops_what_would_publish_next(
    world: World, person: Person
) -> None:
    world.registry.server.answer = lambda _: Reply(500, {})
    found = {
        check["name"]: check["outcome"]
        for check in json.loads(person("publish.check --json", 1).stdout)["checks"]
    }
    assert found == {
        "references": "passed",
        "token": "failed",
        "public": "failed",
        "helm": "passed",
    }
    told = person("publish.check", 1, env={"REGISTRY": "oci://127.0.0.1:9/x"})
    assert "could not be asked" in told.stdout and "token and public did not pass" in told.stderr


def test_a_first_push_that_users_cannot_read_is_reported_as_private(
    world: World, person: Person
) -> None:
    world.registry.private_by_default = True
    told = person("publish.all").stderr
    assert "is private: users cannot install it" in told and "let anybody read" in told


def test_a_first_push_to_an_organisations_package_says_where_that_is_made_public(
    world: World, person: Person
) -> None:
    world.as_ghcr()
    world.registry.private_by_default, answer = True, world.github.server.answer
    world.github.server.answer = lambda asked: (
        Reply(200, {"type": "Organization"}) if asked.path == "/users/stianfro" else answer(asked)
    )
    link = (
        "https://github.com/orgs/stianfro/packages/container/threek8s%2Fchart%2Fthreek8s/settings"
    )
    assert f"make the package public: {link}" in person("publish.all").stderr


@pytest.mark.thorough
def test_a_push_is_tried_again_while_the_registry_does_not_know_what_it_was_given(
    world: World, person: Person
) -> None:
    answer, absent = world.registry.server.answer, [2]

    def forgetful(request: Request) -> Reply:
        untagged = world.registry._manifests[PUBLISHED] and not world.registry.tags(PUBLISHED)
        if (
            absent[0]
            and untagged
            and request.method != "PUT"
            and "/manifests/sha256:" in request.path
        ):
            absent[0] -= 1
            return Reply(404)
        return answer(request)

    world.registry.server.answer = forgetful
    assert "to push again" in person("publish.all").stderr
    assert absent == [0] and list(world.registry.tags(PUBLISHED)) == ["1.6.0"]
    world.registry.remove(PUBLISHED, world.registry.tags(PUBLISHED)["1.6.0"])
    absent[0] = 99
    assert "GHCR has not caught up" in person("publish.all", 3).stderr


@pytest.mark.thorough
def test_a_registry_that_lags_is_waited_for(world: World, person: Person) -> None:
    answer, absent = world.registry.server.answer, [3]

    def lagging(request: Request) -> Reply:
        if (
            request.method == "GET"
            and "/manifests/" in request.path
            and world.registry.tags(PUBLISHED)
            and absent[0]
        ):
            absent[0] -= 1
            return Reply(
                404, {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}
            )
        return answer(request)

    world.registry.server.answer = lagging
    assert "waiting for" in person("publish.all").stderr
    assert absent == [0]


@pytest.mark.thorough
def test_of_two_who_publish_at_the_same_moment_the_loser_is_told(
    world: World, exhaustive: bool, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    clones = [world.clone, tmp_path / "other"]
    world.git("clone", "--quiet", f"https://github.com/{world.github.slug}.git", str(clones[1]))
    values = clones[1] / VALUES
    values.write_text(values.read_text().replace("replicas: 1", "replicas: 2"))
    rounds, outcomes = 50 if exhaustive else 2, list[str]()
    for number in range(rounds):
        version = f"2.0.{number}"
        argv = ["invoke", "publish.all", "--version", version]
        running = [
            subprocess.Popen(
                argv,
                cwd=PROJECT,
                env={**world.env, "REPO_DIR": str(clone)},
                stderr=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for clone in clones
        ]
        ends = [process.communicate(timeout=60)[1] for process in running]
        done = [process.returncode for process in running]
        digest = world.registry.tags(PUBLISHED)[version]
        for code, end in zip(done, ends, strict=True):
            assert (code == 0) == (
                digest in end.replace("has the digest", "") and "✗" not in end
            ), ends
            assert (
                code == 0 or "with other content" in end or "somebody else published it" in end
            ), ends
        assert done.count(0) == 1, ends
        outcomes.append(
            "told before" if any("with other content" in end for end in ends) else "told after"
        )
    count = f"{outcomes.count('told before')} losers told before they pushed, {outcomes.count('told after')} after"
    record_property("told", f"two operators at once: {rounds} rounds, {count}")

"""Rollback Steps, 2: publish a chart by hand; checked by the bytes in the registry."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shlex
import signal
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tasks.sandbox.world import CHART, PUSH_TO, World

from .conftest import PROJECT, Person
from .toolkit.clients.helm.repositories import ChartRepository

CHART_YAML = f"{CHART}/Chart.yaml"
PUBLISHED = f"{PUSH_TO}/threek8s"
SLOW_GIT = """#!/bin/sh
case "$*" in *"worktree add"*) ;; *) exec {git} "$@" ;; esac
touch {slow}/begun
sleep 1
{git} "$@"
touch {slow}/made
sleep 1
"""


def archive(world: World, version: str) -> tarfile.TarFile:
    """Return the published chart, read without the recipes."""
    manifest = json.loads(world.registry.manifest(PUBLISHED, version))
    blob = world.registry.blob(manifest["layers"][0]["digest"])
    assert hashlib.sha256(blob).hexdigest() in manifest["layers"][0]["digest"]
    return tarfile.open(fileobj=io.BytesIO(blob))


def published_chart(world: World, version: str) -> dict[str, str]:
    stream = archive(world, version).extractfile("threek8s/Chart.yaml")
    assert stream
    chart: dict[str, str] = yaml.safe_load(stream)
    return chart


@pytest.mark.thorough
def test_the_working_copy_is_published_and_its_uncommitted_changes_are_reported(
    world: World, person: Person
) -> None:
    with (world.clone / CHART / "values.yaml").open("a") as values:
        values.write("extra: 1\n")
    output = person("publish.all").stderr
    assert "working copy, with uncommitted changes in 1 file" in output
    assert world.registry.snapshot().keys() == {PUBLISHED}
    digest = world.registry.tags(PUBLISHED)["1.6.0"]
    assert digest in output
    stream = archive(world, "1.6.0").extractfile("threek8s/values.yaml")
    assert stream and b"extra: 1" in stream.read()


@pytest.mark.thorough
def test_a_file_that_is_no_packaged_chart_is_bad_input_and_a_logout_is_reported(
    world: World, person: Person
) -> None:
    cut = world.folder / "threek8s-1.6.0.tgz"
    assert world.run("helm", "package", CHART, "--destination", str(world.folder)).returncode == 0
    cut.write_bytes(cut.read_bytes()[:99])
    for file in (world.clone / "README.md", cut):
        assert f"{file} is not a packaged chart" in person.refused(f"publish.push --archive {file}")
    assert f"logged out of {world.registry.host}" in person("publish.logout").stderr


def test_publishing_again_finds_the_same_content_and_pushes_nothing(
    everywhere: World, person: Person
) -> None:
    person("publish.all")
    before = everywhere.registry.snapshot()
    pushed = list(everywhere.registry.pushed)
    os.utime(everywhere.clone / CHART / "values.yaml", (0, 0))
    assert "already published with the same content" in person("publish.all").stderr
    assert everywhere.registry.snapshot() == before
    assert everywhere.registry.pushed == pushed


@pytest.mark.thorough
def test_other_content_under_a_published_version_is_refused_and_a_free_version_is_named(
    world: World, person: Person
) -> None:
    person("publish.all")
    world.commit("feat: two", {f"{CHART}/values.yaml": ("replicas: 1", "replicas: 2")})
    refusal = person.refused("publish.all", code=1)
    assert "; it differs in threek8s/values.yaml: publish" in refusal
    assert ": invoke publish.all --version next; only" in refusal
    assert "only invoke publish.all --overwrite 1.6.0 replaces it" in refusal
    person("publish.all --version 1.6.1 --app-version 1.6.0")
    assert sorted(world.registry.tags(PUBLISHED)) == ["1.6.0", "1.6.1"]
    assert published_chart(world, "1.6.1")["appVersion"] == "1.6.0"


@pytest.mark.thorough
def test_a_tag_is_packaged_from_git_whatever_the_working_copy_holds(
    world: World, person: Person
) -> None:
    world.git("tag", "v1.6.0")
    old = "version: 1.6.0\nappVersion: 1.6.0"
    new = "version: 1.7.0\nappVersion: 1.7.0"
    world.commit("chore: 1.7.0", {CHART_YAML: (old, new)})
    world.git("push", "--quiet", "origin", "main")
    (world.clone / CHART_YAML).write_text("half an idea\n")
    person("publish.all --ref v1.6.0")
    assert list(world.registry.tags(PUBLISHED)) == ["1.6.0"]
    assert (world.clone / CHART_YAML).read_text() == "half an idea\n"
    assert world.git("worktree", "list").count("\n") == 0


@pytest.mark.thorough
def test_the_archive_that_was_pushed_is_kept_where_git_does_not_see_it(
    everywhere: World, person: Person
) -> None:
    person("publish.all")
    kept = list((everywhere.clone / ".rollback").rglob("*.tgz"))
    layer = json.loads(everywhere.registry.manifest(PUBLISHED, "1.6.0"))["layers"][0]["digest"]
    assert [f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}" for file in kept] == [layer]
    assert [file.stat().st_mode & 0o777 for file in kept] == [0o600]
    assert everywhere.git("status", "--porcelain") == ""
    again = person(f"publish.push --archive {kept[0]}").stderr
    assert "already published with the same content" in again


@pytest.mark.thorough
def test_an_archive_that_a_power_cut_truncated_is_packaged_again(
    world: World, person: Person
) -> None:
    person("publish.package --ref main")
    (kept,) = world.clone.glob(".rollback/*/*.tgz")
    complete = kept.read_bytes()
    assert "already packaged from" in person("publish.package --ref main").stderr
    assert kept.read_bytes() == complete
    for truncated in (b"", complete[: len(complete) // 2]):
        kept.write_bytes(truncated)
        person("publish.all --ref main")
    assert archive(world, "1.6.0").getnames()


@pytest.mark.thorough
def test_build_metadata_becomes_a_valid_tag(everywhere: World, person: Person) -> None:
    person("publish.all --version 1.6.1+build.5")
    assert list(everywhere.registry.tags(PUBLISHED)) == ["1.6.1_build.5"]
    assert "same content" in person("publish.all --version 1.6.1+build.5").stderr


def add_dependency(world: World) -> None:
    """Let the chart depend on one beside it."""
    helper = world.clone / "helm" / "common"
    helper.mkdir()
    (helper / "Chart.yaml").write_text(
        "apiVersion: v2\nname: common\nversion: 0.1.0\ntype: library\n"
    )
    dependency = "  - name: common\n    version: 0.1.0\n    repository: file://../common\n"
    with (world.clone / CHART_YAML).open("a") as chart:
        chart.write(f"dependencies:\n{dependency}")


@pytest.mark.thorough
def test_a_plan_builds_the_dependencies_and_a_dry_run_leaves_the_working_copy_as_it_is(
    everywhere: World, person: Person
) -> None:
    add_dependency(everywhere)
    everywhere.commit("feat: a dependency")
    everywhere.git("push", "--quiet", "origin", "main")
    for version, options in (("1.6.1", "--ref main"), ("1.6.2", "")):
        line = f"--dry publish.all --version {version} {options}"
        plan = person(line, env={"CHART_DIR": CHART}).stdout
        assert everywhere.git("status", "--porcelain") == ""
        pasted = everywhere.run("sh", "-ec", plan)
        assert pasted.returncode == 0, plan + pasted.stderr
        assert everywhere.git("status", "--porcelain") == ""
        assert "threek8s/charts/common/Chart.yaml" in archive(everywhere, version).getnames()


@pytest.mark.thorough
def test_dependencies_are_built_into_the_chart_and_not_into_the_working_copy(
    world: World, person: Person
) -> None:
    add_dependency(world)
    before = world.git("status", "--porcelain", "--untracked-files=all")
    person("publish.all", env={"CHART_DIR": CHART})
    assert "threek8s/charts/common/Chart.yaml" in archive(world, "1.6.0").getnames()
    assert world.git("status", "--porcelain", "--untracked-files=all") == before


@pytest.mark.thorough
def test_an_interrupt_while_a_dependency_is_downloaded_leaves_the_working_copy_as_it_is(
    world: World, tmp_path: Path
) -> None:
    def state() -> list[object]:
        files = [path for path in world.clone.rglob("*") if path.is_file()]
        own = [path for path in files if not {".git", ".rollback"} & set(path.parts)]
        return [world.git("status", "--porcelain"), {path: path.read_bytes() for path in own}]

    asked = threading.Event()

    def hang() -> None:
        asked.set()
        time.sleep(30)

    with ChartRepository(tmp_path / "repository", world.env) as repository:
        repository.publish("common", "0.1.0")
        dependency = f"{{name: common, version: 0.1.0, repository: {repository.url}}}"
        with (world.clone / CHART_YAML).open("a") as chart:
            chart.write(f"dependencies: [{dependency}]\n")
        before = state()
        repository.before_answer = hang
        argv = ["invoke", "publish.package"]
        running = subprocess.Popen(argv, cwd=PROJECT, env=world.env, stderr=subprocess.DEVNULL)
        assert asked.wait(20)
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == 130
        assert state() == before


@pytest.mark.thorough
def test_an_interrupt_while_the_worktree_is_made_leaves_none_behind(
    world: World, person: Person
) -> None:
    git = shlex.quote(world.run("sh", "-c", "command -v git").stdout.strip())
    slow = world.folder / "slow"
    slow.mkdir()
    (slow / "git").write_text(SLOW_GIT.format(git=git, slow=slow))
    (slow / "git").chmod(0o755)
    argv = ["invoke", "publish.package", "--ref", "main"]
    env = {**world.env, "PATH": f"{slow}:{world.env['PATH']}"}
    for moment in ("begun", "made"):
        running = subprocess.Popen(argv, cwd=PROJECT, env=env, stderr=subprocess.DEVNULL)
        while not (slow / moment).exists():
            assert running.poll() is None
            time.sleep(0.01)
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 130
        assert world.git("worktree", "list").count("\n") == 0
        (slow / "begun").unlink()
        (slow / "made").unlink(missing_ok=True)
    person("publish.package --ref main")


@pytest.mark.thorough
def test_each_step_is_a_task_of_its_own_and_they_chain(world: World, person: Person) -> None:
    assert "publish.package publish.push" in person.refused("publish.push")
    person("publish.package publish.login publish.push publish.logout")
    assert list(world.registry.tags(PUBLISHED)) == ["1.6.0"]


@pytest.mark.thorough
def test_the_steps_publish_as_separate_invocations_too_and_the_push_logs_in(
    world: World, person: Person
) -> None:
    person("publish.package")
    person("publish.login")
    plan = person("--dry publish.push").stdout
    assert plan.count("registry login") == 1
    assert person("--dry publish.login publish.push").stdout.count("registry login") == 1
    assert "logged in to" in person("publish.push").stderr
    assert list(world.registry.tags(PUBLISHED)) == ["1.6.0"]


@pytest.mark.thorough
def test_an_archive_whose_name_begins_with_a_dash_is_not_taken_for_an_option(
    world: World, tmp_path: Path
) -> None:
    assert world.run("helm", "package", CHART, "--destination", str(tmp_path)).returncode == 0
    (tmp_path / "threek8s-1.6.0.tgz").rename(tmp_path / "-x.tgz")
    done = world.run(
        "invoke", "--search-root", str(PROJECT), "publish.push", "--archive=-x.tgz", at=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert list(world.registry.tags(PUBLISHED)) == ["1.6.0"]


def test_a_chart_that_does_not_render_is_refused_before_anything_is_pushed(
    world: World, person: Person
) -> None:
    world.commit(
        "feat: broken",
        {f"{CHART}/templates/service.yaml": ("port: {{ .Values", "port: {{ .Valuess")},
    )
    assert "helm lint refuses threek8s" in person.refused("publish.all", code=1)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name: threek8s\n", "has no version"),
        ("version: 1.0.0\n", "has no name"),
        ("name: threek8s\nversion: 1.2\n", "'1.2' is not a semantic version"),
        ("a: b: c\n", "is not YAML, line 1"),
        ("- a\n", "has no name"),
        ("name: ../x\nversion: 1.0.0\n", "names the chart '../x'"),
    ],
)
def test_a_broken_chart_yaml_is_refused_with_the_reason(
    world: World, person: Person, text: str, reason: str
) -> None:
    (world.clone / CHART_YAML).write_text(text)
    assert reason in person.refused("publish.all")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("options", "env", "reason"),
    [
        ("--version 1.2", {}, "--version '1.2' is not a semantic version"),
        ("--version v1.7.0", {}, "leave out the v"),
        ("--version '$(touch pwned)'", {}, "is not a semantic version"),
        ("--app-version '-x;id'", {}, "--app-version '-x;id' is not a version"),
        ("--ref no-such-tag", {}, "'no-such-tag' names no commit"),
        ("--ref=-x", {}, "'-x' names no commit"),
        ("", {"CHART_DIR": "helm/nothing"}, "holds no chart"),
        ("", {"CHART_DIR": "../.."}, "leaves the repository"),
        ("", {"CHART_DIR": "-x;$(id)"}, "holds no chart"),
        ("", {"REPO_DIR": "/nowhere"}, "set REPO_DIR"),
        ("", {"REGISTRY": "ghcr.io/x"}, "REGISTRY is 'ghcr.io/x'"),
        ("", {"REGISTRY": ""}, "REGISTRY is not set"),
    ],
)
def test_bad_input_is_refused_in_one_line(
    world: World, person: Person, options: str, env: dict[str, str], reason: str
) -> None:
    assert world
    assert reason in person.refused(f"publish.all {options}", env=env)


def test_a_repository_with_two_charts_asks_which(world: World, person: Person) -> None:
    (world.clone / "helm/other").mkdir()
    (world.clone / "helm/other/Chart.yaml").write_text(
        "apiVersion: v2\nname: other\nversion: 0.1.0\n"
    )
    world.commit("feat: another")
    refused = person.refused("publish.all")
    assert "helm/other, helm/threek8s" in refused
    assert "or set CHART_DIR to one of them" in refused


def test_a_token_that_is_wrong_or_may_not_write_is_reported(world: World, person: Person) -> None:
    refusal = person.refused("publish.all", code=3, env={"GITHUB_TOKEN": "wrong"})
    assert "the registry refused the token" in refusal
    world.registry.access.readonly.add(world.token)
    assert "write:packages" in person.refused("publish.all", code=3)


def test_without_any_token_the_setting_is_named(world: World, person: Person) -> None:
    assert world
    assert "GITHUB_TOKEN is not set" in person.refused("publish.all", env={"GITHUB_TOKEN": ""})


def test_a_registry_that_cannot_be_reached_is_an_error_and_never_an_absence(
    world: World, person: Person
) -> None:
    assert world
    env = {"REGISTRY": "oci://127.0.0.1:9/stianfro/threek8s/chart"}
    assert "check the network" in person.refused("publish.all", code=3, env=env)


@pytest.mark.thorough
def test_the_users_own_registry_login_is_neither_used_nor_changed(
    world: World, person: Person
) -> None:
    own = world.home / "registry.json"
    own.write_text('{"auths": {}}')
    person("publish.all", env={"HELM_REGISTRY_CONFIG": str(own)})
    assert own.read_text() == '{"auths": {}}'


def test_a_dry_run_prints_commands_that_publish_when_pasted(
    everywhere: World, person: Person
) -> None:
    before = everywhere.snapshot()
    plan = person("--dry publish.all").stdout
    assert everywhere.snapshot() == before
    assert not (everywhere.clone / ".rollback").exists()
    pasted = everywhere.run("sh", "-ec", plan, at=Path("/"))
    assert pasted.returncode == 0, plan + pasted.stderr
    assert list(everywhere.registry.tags(PUBLISHED)) == ["1.6.0"]


def add_various_files(folder: Path) -> None:
    """Add to the chart what charts may hold: a subchart, a link, names that are not ASCII."""
    sub = folder / "charts" / "sub"
    files = folder / "files"
    (sub / "templates").mkdir(parents=True)
    files.mkdir()
    (sub / "Chart.yaml").write_text("apiVersion: v2\nname: sub\nversion: 0.1.0\n")
    (sub / "templates" / "map.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sub}\n"
    )
    with (folder / "Chart.yaml").open("a") as chart:
        chart.write("dependencies: [{name: sub, version: 0.1.0}]\n")
    (files / "größe 長さ.txt").write_text("grün\n")
    (files / "link.txt").symlink_to("größe 長さ.txt")


def add_large_files(folder: Path) -> None:
    """Add 20 MB that cannot be compressed to the chart; helm takes at most 5 MiB a file."""
    (folder / "files").mkdir()
    for number in range(5):
        (folder / "files" / f"{number}.bin").write_bytes(os.urandom(4_000_000))


@pytest.mark.parametrize(
    ("fill", "version"),
    [
        (add_various_files, "1.7.0-rc.1"),
        pytest.param(add_various_files, "1.7.0", marks=pytest.mark.thorough),
        pytest.param(add_large_files, "1.7.0+build.5", marks=pytest.mark.thorough),
    ],
)
@pytest.mark.thorough
def test_whatever_a_chart_holds_is_published_unchanged_and_found_again(
    everywhere: World, person: Person, tmp_path: Path, fill: Callable[[Path], None], version: str
) -> None:
    folder = everywhere.clone / CHART
    fill(folder)
    everywhere.commit("feat: more")
    everywhere.git("push", "--quiet", "origin", "main")
    line = f"publish.all --ref main --version {version}"
    person(line)
    pushed = list(everywhere.registry.pushed)
    options = [f"--version={version}", "--plain-http", "--untar", f"--untardir={tmp_path}"]
    pulled = everywhere.run("helm", "pull", everywhere.reference, *options)
    assert pulled.returncode == 0, pulled.stderr
    for file in [*(folder / "files").rglob("*"), *(folder / "charts").rglob("*")]:
        published = tmp_path / "threek8s" / file.relative_to(folder)
        assert file.is_dir() or published.read_bytes() == file.read_bytes()
    assert "already published with the same content" in person(f"timeline.stop {line}").stderr
    assert list(everywhere.registry.pushed) == pushed


def test_values_that_the_charts_own_schema_forbids_are_refused_before_anything_is_pushed(
    world: World, person: Person
) -> None:
    world.commit("feat: many", {f"{CHART}/values.yaml": ("replicas: 1", "replicas: many")})
    assert "replicas" in person.refused("publish.all", 1)
    assert world.registry.snapshot() == {}

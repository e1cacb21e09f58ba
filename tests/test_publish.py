"""Rollback Steps, 2: publishing by hand, told by the bytes in the registry afterwards."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shlex
import signal
import subprocess
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tasks.sandbox.world import CHART, PUSH_TO, World

from .conftest import PROJECT, Person

CHART_YAML = f"{CHART}/Chart.yaml"
PUBLISHED = f"{PUSH_TO}/threek8s"


def archive(world: World, version: str) -> tarfile.TarFile:
    """Return the chart that stands in the registry, read with no help of the recipes."""
    manifest = json.loads(world.registry.manifest(PUBLISHED, version))
    blob = world.registry.blob(manifest["layers"][0]["digest"])
    assert hashlib.sha256(blob).hexdigest() in manifest["layers"][0]["digest"]
    return tarfile.open(fileobj=io.BytesIO(blob))


def published_chart(world: World, version: str) -> dict[str, str]:
    stream = archive(world, version).extractfile("threek8s/Chart.yaml")
    assert stream
    chart: dict[str, str] = yaml.safe_load(stream)
    return chart


def test_the_working_copy_is_packaged_pushed_where_helm_puts_it_and_said_to_be_dirty(
    everywhere: World, person: Person
) -> None:
    (everywhere.clone / CHART / "values.yaml").write_text(
        (everywhere.clone / CHART / "values.yaml").read_text() + "extra: 1\n"
    )
    told = person("publish.all").stderr
    assert "working copy, with uncommitted changes in 1 file" in told
    assert everywhere.registry.snapshot().keys() == {PUBLISHED}
    digest = everywhere.registry.tags(PUBLISHED)["1.6.0"]
    assert digest in told
    stream = archive(everywhere, "1.6.0").extractfile("threek8s/values.yaml")
    assert stream and b"extra: 1" in stream.read()


def test_a_file_that_is_no_packaged_chart_is_bad_input_and_a_logout_is_told(
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
    before, pushed = everywhere.registry.snapshot(), list(everywhere.registry.pushed)
    os.utime(everywhere.clone / CHART / "values.yaml", (0, 0))
    assert "published already with the same content" in person("publish.all").stderr
    assert (everywhere.registry.snapshot(), list(everywhere.registry.pushed)) == (before, pushed)


def test_other_content_under_a_published_version_is_refused_and_a_new_version_is_the_way_out(
    everywhere: World, person: Person
) -> None:
    person("publish.all")
    everywhere.commit("feat: two", {f"{CHART}/values.yaml": ("replicas: 1", "replicas: 2")})
    told = person.refused("publish.all", code=1)
    assert "threek8s/values.yaml differ" in told and "--version 1.6.1" in told
    person("publish.all --version 1.6.1 --app-version 1.6.0")
    assert sorted(everywhere.registry.tags(PUBLISHED)) == ["1.6.0", "1.6.1"]
    assert published_chart(everywhere, "1.6.1")["appVersion"] == "1.6.0"


def test_a_commit_or_tag_is_packaged_from_git_whatever_the_checkout_holds(
    everywhere: World, person: Person
) -> None:
    everywhere.git("tag", "v1.6.0")
    everywhere.commit(
        "chore: 1.7.0",
        {CHART_YAML: ("version: 1.6.0\nappVersion: 1.6.0", "version: 1.7.0\nappVersion: 1.7.0")},
    )
    everywhere.git("push", "--quiet", "origin", "main")
    (everywhere.clone / CHART_YAML).write_text("half an idea\n")
    person("publish.all --ref v1.6.0")
    assert list(everywhere.registry.tags(PUBLISHED)) == ["1.6.0"]
    assert (everywhere.clone / CHART_YAML).read_text() == "half an idea\n"
    assert everywhere.git("worktree", "list").count("\n") == 0


def test_the_archive_that_was_pushed_is_kept_where_git_does_not_see_it(
    everywhere: World, person: Person
) -> None:
    person("publish.all")
    kept = list((everywhere.clone / ".rollback").rglob("*.tgz"))
    layer = json.loads(everywhere.registry.manifest(PUBLISHED, "1.6.0"))["layers"][0]["digest"]
    assert [f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}" for file in kept] == [layer]
    assert [file.stat().st_mode & 0o777 for file in kept] == [0o600]
    assert everywhere.git("status", "--porcelain") == ""
    assert (
        "published already with the same content"
        in person(f"publish.push --archive {kept[0]}").stderr
    )


@pytest.mark.thorough
def test_an_archive_that_a_power_cut_emptied_is_made_anew(world: World, person: Person) -> None:
    person("publish.package --ref main")
    (kept,) = world.clone.glob(".rollback/*/*.tgz")
    whole = kept.read_bytes()
    assert "was packaged already" in person("publish.package --ref main").stderr
    assert kept.read_bytes() == whole
    for left in (b"", whole[: len(whole) // 2]):
        kept.write_bytes(left)
        person("publish.all --ref main")
    assert archive(world, "1.6.0").getnames()


def test_build_metadata_becomes_a_tag_that_a_registry_takes(
    everywhere: World, person: Person
) -> None:
    person("publish.all --version 1.6.1+build.5")
    assert list(everywhere.registry.tags(PUBLISHED)) == ["1.6.1_build.5"]
    assert "same content" in person("publish.all --version 1.6.1+build.5").stderr


def depend(world: World) -> None:
    """Let the chart depend on one beside it."""
    helper = world.clone / "helm" / "common"
    helper.mkdir()
    (helper / "Chart.yaml").write_text(
        "apiVersion: v2\nname: common\nversion: 0.1.0\ntype: library\n"
    )
    text = (world.clone / CHART_YAML).read_text()
    (world.clone / CHART_YAML).write_text(
        f"{text}dependencies:\n  - name: common\n    version: 0.1.0\n    repository: file://../common\n"
    )


@pytest.mark.thorough
def test_a_plan_builds_the_dependencies_and_a_dry_run_leaves_the_working_copy_as_it_is(
    everywhere: World, person: Person
) -> None:
    depend(everywhere)
    everywhere.commit("feat: a dependency")
    everywhere.git("push", "--quiet", "origin", "main")
    for version, options in (("1.6.1", "--ref main"), ("1.6.2", "")):
        plan = person(
            f"--dry publish.all --version {version} {options}", env={"CHART_DIR": CHART}
        ).stdout
        assert everywhere.git("status", "--porcelain") == ""
        pasted = everywhere.run("sh", "-ec", plan)
        assert pasted.returncode == 0, plan + pasted.stderr
        assert "threek8s/charts/common/Chart.yaml" in archive(everywhere, version).getnames()


def test_declared_dependencies_are_built_into_the_chart(everywhere: World, person: Person) -> None:
    depend(everywhere)
    person("publish.all", env={"CHART_DIR": CHART})
    assert "threek8s/charts/common/Chart.yaml" in archive(everywhere, "1.6.0").getnames()


@pytest.mark.thorough
def test_an_interrupt_while_the_worktree_is_made_leaves_none_behind(
    world: World, person: Person
) -> None:
    git, slow = (
        shlex.quote(world.run("sh", "-c", "command -v git").stdout.strip()),
        world.folder / "slow",
    )
    slow.mkdir()
    (slow / "git").write_text(
        f'#!/bin/sh\n[ "$3$4" = worktreeadd ] || exec {git} "$@"\ntouch {slow}/begun\nsleep 1\n{git} "$@"\ntouch {slow}/made\nsleep 1\n'
    )
    (slow / "git").chmod(0o755)
    argv, env = (
        ["invoke", "publish.package", "--ref", "main"],
        {**world.env, "PATH": f"{slow}:{world.env['PATH']}"},
    )
    for moment in ("begun", "made"):
        running = subprocess.Popen(argv, cwd=PROJECT, env=env, stderr=subprocess.DEVNULL)
        while not (slow / moment).exists():
            time.sleep(0.01)
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 130
        assert world.git("worktree", "list").count("\n") == 0
        (slow / "begun").unlink()
        (slow / "made").unlink(missing_ok=True)
    person("publish.package --ref main")


def test_each_step_is_a_task_of_its_own_and_they_chain(world: World, person: Person) -> None:
    assert "publish.package publish.push" in person.refused("publish.push")
    person("publish.package publish.login publish.push publish.logout")
    assert list(world.registry.tags(PUBLISHED)) == ["1.6.0"]


def test_as_invocations_of_their_own_the_steps_publish_too_and_the_push_says_that_it_logs_in(
    world: World, person: Person
) -> None:
    person("publish.package")
    person("publish.login")
    plan = person("--dry publish.push").stdout
    assert plan.count("registry login") == 1
    assert person("--dry publish.login publish.push").stdout.count("registry login") == 1
    assert "logged in to" in person("publish.push").stderr
    assert list(world.registry.tags(PUBLISHED)) == ["1.6.0"]


def test_an_archive_whose_name_begins_with_a_dash_is_a_file_all_the_same(
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


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: threek8s\n", "has no version"),
        ("version: 1.0.0\n", "has no name"),
        ("name: threek8s\nversion: 1.2\n", "'1.2' is not a semantic version"),
        ("a: b: c\n", "is not YAML, line 1"),
        ("- a\n", "has no name"),
        ("name: ../x\nversion: 1.0.0\n", "names the chart '../x'"),
    ],
)
def test_a_chart_yaml_that_is_none_is_named_with_what_is_wrong(
    world: World, person: Person, text: str, told: str
) -> None:
    (world.clone / CHART_YAML).write_text(text)
    assert told in person.refused("publish.all")


@pytest.mark.parametrize(
    ("options", "env", "told"),
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
    world: World, person: Person, options: str, env: dict[str, str], told: str
) -> None:
    assert world
    assert told in person.refused(f"publish.all {options}", env=env)


def test_a_repository_with_two_charts_asks_which(world: World, person: Person) -> None:
    (world.clone / "helm/other").mkdir()
    (world.clone / "helm/other/Chart.yaml").write_text(
        "apiVersion: v2\nname: other\nversion: 0.1.0\n"
    )
    world.commit("feat: another")
    assert "helm/other, helm/threek8s: set CHART_DIR" in person.refused("publish.all")


def test_a_token_that_is_wrong_or_may_not_write_is_said_to_be(world: World, person: Person) -> None:
    assert "the registry refused the token" in person.refused(
        "publish.all", code=3, env={"GITHUB_TOKEN": "wrong"}
    )
    world.registry.gate.readonly.add(world.token)
    assert "write:packages" in person.refused("publish.all", code=3)


def test_without_any_token_the_setting_is_named(world: World, person: Person) -> None:
    assert world
    assert "GITHUB_TOKEN is not set" in person.refused("publish.all", env={"GITHUB_TOKEN": ""})


def test_a_registry_that_cannot_be_reached_is_an_error_and_never_an_absence(
    world: World, person: Person
) -> None:
    assert world
    assert "check the network" in person.refused(
        "publish.all", code=3, env={"REGISTRY": "oci://127.0.0.1:9/stianfro/threek8s/chart"}
    )


def test_the_persons_own_registry_login_is_neither_used_nor_changed(
    world: World, person: Person
) -> None:
    own = world.home / "registry.json"
    own.write_text('{"auths": {}}')
    person("publish.all", env={"HELM_REGISTRY_CONFIG": str(own)})
    assert own.read_text() == '{"auths": {}}'


def test_a_dry_run_prints_commands_that_do_the_job_when_pasted(
    everywhere: World, person: Person
) -> None:
    before = everywhere.snapshot()
    plan = person("--dry publish.all").stdout
    assert everywhere.snapshot() == before
    assert not (everywhere.clone / ".rollback").exists()
    pasted = everywhere.run("sh", "-ec", plan, at=Path("/"))
    assert pasted.returncode == 0, plan + pasted.stderr
    assert list(everywhere.registry.tags(PUBLISHED)) == ["1.6.0"]


def test_the_token_is_in_no_argument_and_in_no_file_that_outlives_the_command(
    world: World, person: Person
) -> None:
    spied = world.folder / "spied"
    spied.mkdir()
    for name in ("gh", "helm", "git"):
        real = shlex.quote(world.run("sh", "-c", f"command -v {name}").stdout.strip())
        (spied / name).write_text(
            f'#!/bin/sh\necho "{name} $*" >> {world.folder}/argv\nexec {real} "$@"\n'
        )
        (spied / name).chmod(0o755)
    world.merge_pull(
        "two", "feat: two", {f"{CHART}/values.yaml": ("replicas: 1", "replicas: 2")}, 42
    )
    shown = person(
        "--echo rollback.revert --pr 42 --merge publish.all verify.all",
        env={"PATH": f"{spied}:{world.env['PATH']}"},
    )
    assert "helm registry login" in shown.stderr
    assert world.token not in (world.folder / "argv").read_text()
    holding = [
        file
        for file in world.folder.rglob("*")
        if file.is_file() and world.token.encode() in file.read_bytes()
    ]
    assert holding == []


def several(folder: Path) -> None:
    """Put into the chart what charts may hold: a subchart, a link, names that are not ASCII."""
    sub, files = folder / "charts" / "sub", folder / "files"
    (sub / "templates").mkdir(parents=True)
    files.mkdir()
    (sub / "Chart.yaml").write_text("apiVersion: v2\nname: sub\nversion: 0.1.0\n")
    (sub / "templates" / "map.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sub}\n"
    )
    with (folder / "Chart.yaml").open("a") as about:
        about.write("dependencies: [{name: sub, version: 0.1.0}]\n")
    (files / "größe 長さ.txt").write_text("grün\n")
    (files / "link.txt").symlink_to("größe 長さ.txt")


def large(folder: Path) -> None:
    """Put 20 MB into the chart, which no compression makes smaller; helm takes at most 5 MiB a file."""
    (folder / "files").mkdir()
    for number in range(5):
        (folder / "files" / f"{number}.bin").write_bytes(os.urandom(4_000_000))


@pytest.mark.parametrize(
    ("fill", "version"),
    [
        (several, "1.7.0"),
        (several, "1.7.0-rc.1"),
        pytest.param(large, "1.7.0+build.5", marks=pytest.mark.thorough),
    ],
)
def test_whatever_a_chart_may_hold_is_published_as_it_is_and_found_again(
    everywhere: World, person: Person, tmp_path: Path, fill: Callable[[Path], None], version: str
) -> None:
    folder = everywhere.clone / CHART
    fill(folder)
    everywhere.commit("feat: more")
    everywhere.git("push", "--quiet", "origin", "main")
    line = f"publish.all --ref main --version {version}"
    person(line)
    pushed = list(everywhere.registry.pushed)
    pulled = everywhere.run(
        "helm",
        "pull",
        everywhere.reference,
        f"--version={version}",
        "--plain-http",
        "--untar",
        "-d",
        str(tmp_path),
    )
    assert pulled.returncode == 0, pulled.stderr
    for file in (
        file
        for name in ("files", "charts")
        for file in (folder / name).rglob("*")
        if file.is_file()
    ):
        assert (tmp_path / "threek8s" / file.relative_to(folder)).read_bytes() == file.read_bytes()
    assert "published already with the same content" in person(f"timeline.stop {line}").stderr
    assert list(everywhere.registry.pushed) == pushed


def test_values_that_the_charts_own_schema_forbids_are_refused_before_anything_is_pushed(
    world: World, person: Person
) -> None:
    world.commit("feat: many", {f"{CHART}/values.yaml": ("replicas: 1", "replicas: many")})
    assert "replicas" in person.refused("publish.all", 1)
    assert world.registry.snapshot() == {}

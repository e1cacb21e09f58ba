"""Local shortcuts: the chart, with the real helm and git."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tasks.sandbox.world import CHART, World
from tasks.sandbox.worlds import ChartsWorld

from .cluster import Cluster
from .conftest import Person
from .toolkit.diagnosis.staging import add_release, publish

FILE = f"{CHART}/Chart.yaml"
TEMPLATE = f"{CHART}/templates/deployment.yaml"
MORE_REPLICAS = {"replicas: 1": "replicas: 2"}


def kinds_in(manifests: str) -> list[str]:
    return sorted(item["kind"] for item in yaml.safe_load_all(manifests))


@pytest.mark.thorough
def test_the_chart_of_the_working_copy_is_linted_rendered_and_installed(
    world: World, person: Person, tmp_path: Path
) -> None:
    linted = person("chart.lint --strict")
    assert f"==> Linting {CHART}\n" in linted.stdout
    assert "threek8s 1.6.0 passed" in linted.stderr
    rendered = person("chart.template")
    assert "Deployment" in kinds_in(rendered.stdout)
    assert rendered.stderr == ""
    document = json.loads(person("chart.template --json").stdout)
    assert kinds_in(document["output"]) == kinds_in(rendered.stdout)
    values = tmp_path / "values.yaml"
    values.write_text("replicas: 7\n")
    assert "replicas: 7" in person(f"chart.template --values {values}").stdout
    assert "--values nowhere is not a file" in person.refused("chart.template --values nowhere")
    line = "chart.template --show-only templates/deployment.yaml --set replicas=8"
    assert kinds_in(person(line).stdout) == ["Deployment"]
    assert "replicas: 8" in person(line).stdout
    for option, words in {
        "--set replicas": "has no `=`",
        "--show-only x": "no template, or",
    }.items():
        assert words in person.refused(f"chart.template {option}")
    assert "not a Kubernetes namespace" in person.refused("chart.try --namespace A")

    assert "rendered locally; no cluster has checked them" in person("chart.try").stderr
    refusal = person.refused("chart.try --install", 1)
    assert "nothing was installed, since no cluster answered" in refusal
    with Cluster() as cluster:
        env = cluster.use(tmp_path / "config")
        tried = person(f"chart.try --values {values}", env=env).stderr
        place = f"context c (http://{cluster.server.host}), namespace default"
        assert f"{place}, release try-threek8s\n" in tried
        assert "the cluster accepts threek8s 1.6.0; nothing was installed" in tried
        plan = person("--dry chart.try --install", env=env).stdout
        assert "helm upgrade --install --wait --timeout=" in plan
        assert cluster.objects == {}
        installed = person("chart.try --install", env=env).stderr
        assert "Deployment" in cluster.kinds()
        assert "helm uninstall try-threek8s --namespace=default" in installed
        assert "installed threek8s 1.6.0 as try-threek8s, and it is ready" in installed
        foreign = [item for item in cluster.objects.values() if item["kind"] != "Secret"]
        cluster.objects = {item["metadata"].pop("uid"): item for item in foreign}
        for item in foreign:
            item["metadata"].pop("annotations")
        assert "exists and cannot be imported" in person.refused("chart.try", 1, env)
        world.commit("feat: unknown", {TEMPLATE: ("kind: Deployment", "kind: Machine")})
        assert "check the access to the cluster" in person.refused("chart.try", 3, env)

    world.commit("feat: broken", {TEMPLATE: ("kind: Machine", "kind: {{ .Broken")})
    assert "[ERROR] templates/" in person("chart.lint", 1).stdout
    broken = person("chart.template", 1)
    assert broken.stdout == ""
    assert "helm template: Error: parse error" in broken.stderr
    assert not (world.clone / ".rollback").exists()


@pytest.mark.thorough
def test_two_releases_are_compared_as_users_get_them(world: World, person: Person) -> None:
    publish(world, "1.6.0")
    publish(world, "1.6.1")
    publish(world, "1.7.0", edits=MORE_REPLICAS)
    world.git("tag", "v1.6.0")
    values = "-replicas: 1\n+replicas: 2\n"
    manifest = "-  replicas: 1\n+  replicas: 2\n"
    difference = person("chart.diff 1.6.1 1.7.0").stdout
    files, _, manifests = difference.partition("--- 1.6.1/manifests.yaml\n")
    assert "-version: 1.6.1\n+version: 1.7.0\n" in files
    assert values in files
    assert manifest in manifests
    world.git("tag", "1.7.0", "v1.6.0")
    assert "-replicas: 1\n+replicas: 2\n" in person("chart.diff refs/tags/1.7.0 1.7.0").stdout
    for same in ("1.7.0 1.7.0", "v1.6.0 1.6.0", "refs/tags/v1.6.0 working"):
        ended = person(f"chart.diff {same}")
        assert ended.stdout == ""
        assert "no difference between" in ended.stderr
    name = "\n  suffix: {{ randAlphaNum 9 }}\nkind: Deployment"
    world.commit("feat: random", {TEMPLATE: ("kind: Deployment", f"x:{name}")})
    world.git("tag", "random")
    ended = person("chart.diff random working")
    assert ended.stdout == ""
    assert "RANDOM stands for what differs" in ended.stderr
    world.commit("feat: more", {f"{CHART}/values.yaml": ("replicas: 1", "replicas: 2")})
    assert values in person("chart.diff v1.6.0 .").stdout
    world.commit("feat: broken", {TEMPLATE: ("kind: Deployment", "kind: {{ .Broken")})
    broken = person("chart.diff 1.7.0 working")
    assert "+kind: {{ .Broken" in broken.stdout
    assert "working does not render with default values" in broken.stderr
    line = person.refused("chart.diff 1.6.9 1.7.0")
    assert "1.6.9 is not published at oci://" in line
    assert "choose a published version, such as 1.6.0, 1.6.1, 1.7.0" in line
    assert "nonsense is neither published at" in person.refused("chart.diff nonsense 1.7.0")
    assert not (world.clone / ".rollback").exists()


def test_a_bump_writes_one_line_of_a_version_that_users_will_get(
    world: World, person: Person
) -> None:
    publish(world, "1.7.0")
    file = world.clone / FILE
    before = file.read_text()
    assert "invoke chart.bump --to 1.7.1" in person.refused("chart.bump", 1)
    assert "1.7.0 is released or published already" in person.refused("chart.bump --minor", 1)
    assert "--major and --to exclude each other" in person.refused("chart.bump --major --to 2.0.0")
    plan = person("--dry chart.bump --to 1.7.1 --app-version 1.10").stdout
    assert file.read_text() == before
    person("chart.bump --to 1.7.1 --app-version 1.10")
    bumped = before.replace("version: 1.6.0", "version: 1.7.1")
    bumped = bumped.replace("appVersion: 1.6.0", 'appVersion: "1.10"')
    assert file.read_text().replace("appVersion: 1.7.1", "") == bumped
    file.write_text(before)
    assert world.run("sh", "-ec", plan).returncode == 0
    assert file.read_text() == bumped


def test_a_bump_that_is_repeated_goes_no_further(world: World, person: Person) -> None:
    add_release(world, "1.6.1", "1.6.0", hours=2)
    file = world.clone / FILE
    before = file.read_text()
    file.chmod(0o640)
    line = person.refused("chart.bump --to 1.6.1", 1)  # which is released, though not published
    assert "1.6.1 is released or published already: invoke chart.bump --to 1.6.2" in line
    for _ in range(2):
        person("chart.bump --minor")
        bumped = before.replace("ersion: 1.6.1\n", "ersion: 1.7.0\n")  # appVersion follows
        assert file.read_text() == bumped
        assert file.stat().st_mode & 0o777 == 0o640
    assert not (world.clone / ".rollback").exists()


@pytest.mark.thorough
def test_a_plan_of_what_only_reads_is_empty(world: World, person: Person) -> None:
    other = world.clone / "helm/other"
    other.mkdir()
    (other / "Chart.yaml").write_text("apiVersion: v2\nname: other\nversion: 0.1.0\n")
    dependency = {"name": "other", "version": "0.1.0", "repository": "file://../other"}
    with (world.clone / FILE).open("a") as chart:
        chart.write(f"dependencies: [{json.dumps(dependency)}]\n")
    before = world.git("status", "--porcelain", "--ignored")
    assert person("--dry chart.template").stdout == person("chart.template").stdout
    assert "# " not in person("--dry chart.try").stdout
    assert world.git("status", "--porcelain", "--ignored") == before


@pytest.mark.thorough
def test_a_bump_warns_of_what_sets_the_version_and_of_what_it_could_not_tell(
    world: World, person: Person
) -> None:
    world.github.actions.disabled = True
    world.release("1.6.1", "1.6.0")
    world.git("commit", "--allow-empty", "--quiet", "--message", "feat: x")
    line = "release-please will release 1.7.0 next, whatever Chart.yaml says"
    assert line in person("chart.bump --major").stderr
    world.registry.stop()
    assert "threek8s already has the version 2.0.0" in person("chart.bump").stderr
    refusal = person.refused("chart.bump --to 2.0.0-rc.1", 1)
    assert "lower than 2.0.0, which Chart.yaml has" in refusal
    warned = person("chart.bump --to 2.0.1").stderr
    assert "could not tell what is published" in warned
    assert "version: 2.0.1\n" in (world.clone / FILE).read_text()


@pytest.mark.thorough
def test_of_several_charts_one_is_named(charts: ChartsWorld, person: Person) -> None:
    linted = person("chart.lint").stderr
    assert linted.count(" passed\n") == 6
    assert "--chart" in person.refused("chart.template")
    name = "api"
    folder = next(path for path in charts.clone.rglob("Chart.yaml")).parent
    name = folder.name
    tried = person(f"chart.try --chart {name}").stderr
    assert f"{name} " in tried

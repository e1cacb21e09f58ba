"""Temporary Workaround Instructions: tested first, installed on demand, correct as printed."""

from __future__ import annotations

import io
import re
import tarfile
from pathlib import Path

import pytest

from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.server import Reply, Request
from tasks.sandbox.world import CHART, PUSH_TO, World

from .cluster import Cluster
from .conftest import Person
from .scenes import happen
from .toolkit.clients.helm.repositories import ChartRepository

CHART_KINDS = [
    "ClusterRole",
    "ClusterRoleBinding",
    "Deployment",
    "Secret",
    "Service",
    "ServiceAccount",
]


@pytest.fixture
def released(world: World) -> World:
    """Give a world with the release 1.6.1, made without its workflow, and a commit since."""
    world.github.actions.disabled = True
    world.release("1.6.1", "1.6.0")
    world.commit("feat: two", {f"{CHART}/values.yaml": ("replicas: 1", "replicas: 2")})
    world.git("push", "--quiet", "origin", "main")
    return world


def replicas_in(cluster: Cluster) -> int:
    (deployment,) = (item for item in cluster.objects.values() if item["kind"] == "Deployment")
    return int(deployment["spec"]["replicas"])


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("line", "replicas"), [("workaround.source", 2), ("workaround.tarball --version 1.6.1", 1)]
)
def test_an_option_is_tested_first_and_installed_only_on_demand_and_once(
    released: World, person: Person, tmp_path: Path, line: str, replicas: int
) -> None:
    with Cluster() as cluster:
        env = cluster.use(tmp_path / "config")
        output = person(line, env=env).stderr
        assert (
            "threek8s 1.6.1 can be installed as threek8s: 5 objects, accepted by the cluster"
            in output
        )
        assert f"invoke {line.split(maxsplit=1)[0]} --install" in output
        assert cluster.objects == {}
        plan = person(f"--dry {line} --install", env=env).stdout
        assert cluster.objects == {}
        person(f"{line} --install", env=env)
        assert cluster.kinds() == CHART_KINDS
        assert replicas_in(cluster) == replicas
        before = dict(cluster.objects)
        assert "is already installed" in person(f"{line} --install", env=env).stderr
        assert cluster.objects == before
        cluster.objects.clear()
        pasted = released.run("sh", "-ec", plan, at=tmp_path, env=env)
        assert pasted.returncode == 0, plan + pasted.stderr
        assert cluster.kinds() == CHART_KINDS


@pytest.mark.thorough
def test_a_link_that_leads_out_of_the_chart_is_refused_in_every_source(
    released: World,
    person: Person,
) -> None:
    (released.clone / CHART / "leak.md").symlink_to("../../README.md")
    released.commit("feat: a link")
    released.release("1.6.2", "1.6.1")
    refusal = f"the link leak.md -> ../../README.md leads out of {CHART}"
    for line in ("workaround.source", "workaround.tarball --version 1.6.2"):
        assert refusal in person.refused(line, 1)
    instructions = person("workaround.instructions --version 1.6.1")
    assert f"left out: main cannot be installed: {refusal}" in instructions.stderr


def test_a_release_of_that_name_with_another_chart_is_left_alone(
    released: World, person: Person, tmp_path: Path
) -> None:
    with Cluster() as cluster:
        env = cluster.use(tmp_path / "config")
        assert (
            released.run(
                "helm", "install", "threek8s", CHART, "--set=replicas=3", env=env
            ).returncode
            == 0
        )
        (released.clone / CHART / "Chart.yaml").write_text(
            "name: other\nversion: 1.0.0\napiVersion: v2\n"
        )
        assert released.run("helm", "install", "other", CHART, env=env).returncode == 0
        before = dict(cluster.objects)
        assert "release other in namespace default is other 1.0.0 deployed" in person.refused(
            "workaround.source --install --release other", 1, env
        )
        assert cluster.objects == before


@pytest.mark.thorough
def test_without_a_cluster_it_is_rendered_and_an_installation_refused(
    released: World, person: Person
) -> None:
    assert released.folder.is_dir()
    rendered = "5 objects, rendered locally; no cluster was reachable"
    assert rendered in person("workaround.tarball").stderr
    assert "no cluster is reachable" in person.refused("workaround.tarball --install", 3)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("line", "code", "env", "reason"),
    [
        (
            "workaround.tarball --version 9.9.9",
            2,
            {},
            "has no tag of 9.9.9: give --version; the releases are v1.6.1",
        ),
        ("workaround.tarball", 1, {"DOWNLOAD_LIMIT": "0.001"}, "has more than 0.001 MiB"),
        ("workaround.tarball", 3, {"GITHUB_SERVER_URL": "http://127.0.0.1:9"}, "check the network"),
        ("workaround.source", 3, {"GITHUB_SERVER_URL": "http://127.0.0.1:9"}, "check the network"),
        ("workaround.source", 2, {"CHART_DIR": "helm/other"}, "holds no chart"),
        (
            "workaround.tarball --release 'Bad Name'",
            2,
            {},
            "--release 'Bad Name' is not the name of a Helm release",
        ),
        (
            "workaround.source --release=-x",
            2,
            {},
            "--release '-x' is not the name of a Helm release",
        ),
    ],
)
def test_what_cannot_be_installed_is_reported_in_one_line(
    released: World, person: Person, line: str, code: int, env: dict[str, str], reason: str
) -> None:
    assert released.folder.is_dir()
    assert reason in person.refused(line, code, env)


@pytest.mark.thorough
def test_every_command_of_the_instructions_works_as_a_user_pastes_it(
    released: World, person: Person, tmp_path: Path
) -> None:
    output = person("workaround.instructions").stdout
    blocks = re.findall(r"```bash\n(.*?)```", output, re.DOTALL)
    assert len(blocks) == 2
    for number, block in enumerate(blocks):
        folder = tmp_path / str(number)
        folder.mkdir()
        with Cluster() as cluster:
            env = {
                **cluster.use(folder / "config"),
                "GITHUB_TOKEN": "",
                "GIT_CONFIG_GLOBAL": "/dev/null",
            }
            pasted = released.run("sh", "-ec", block, at=folder, env=env)
            assert pasted.returncode == 0, block + pasted.stderr
            assert cluster.kinds() == CHART_KINDS
            assert replicas_in(cluster) == 2 - number


@pytest.mark.thorough
def test_only_what_can_be_installed_is_offered_and_the_rest_is_reported_with_helms_output(
    world: World, person: Person
) -> None:
    happen(world, SCENARIOS["install"].happen)
    output = person("workaround.instructions")
    assert re.findall(r"v1\.\d\.\d\.tar\.gz|git clone", output.stdout) == [
        "v1.6.1.tar.gz",
        "v1.6.1.tar.gz",
    ]
    assert "there is one way" in output.stdout
    for name in ("main", "v1.7.0"):
        assert f"{name} cannot be installed: helm template refuses threek8s:" in output.stderr
    assert "ingress.host is needed" in person.refused("workaround.instructions --version 1.7.0", 1)
    person("rollback.revert --pr 42 --merge")
    assert "git clone" in person("workaround.instructions").stdout
    assert world.git("worktree", "list").count("\n") == 0


@pytest.mark.thorough
def test_when_nothing_can_be_installed_that_is_reported_in_one_line(
    world: World, person: Person
) -> None:
    happen(world, SCENARIOS["install"].happen)
    del world.github.releases[1:]
    assert "neither main nor v1.7.0 can be installed" in person.refused(
        "workaround.instructions", 1
    )
    assert "neither main nor v1.7.0 can be installed" in person.refused("support.notify", 1)


@pytest.mark.thorough
def test_a_chart_with_dependencies_is_built_before_it_is_installed(
    released: World, person: Person
) -> None:
    part = released.clone / CHART / "parts" / "x" / "Chart.yaml"
    part.parent.mkdir(parents=True)
    part.write_text("apiVersion: v2\nname: x\nversion: 1.0.0\n")
    needs = "dependencies: [{name: x, version: 1.0.0, repository: file://./parts/x}]\nappVersion"
    released.commit("feat: a dependency", {f"{CHART}/Chart.yaml": ("appVersion", needs)})
    released.git("tag", "v1.6.2")
    released.git("push", "--quiet", "origin", "main", "v1.6.2")
    text = person("workaround.instructions --version v1.6.2").stdout
    folder = f"./threek8s-1.6.2/{CHART}"
    assert f"helm dependency build {folder}\nhelm install threek8s {folder}" in text


@pytest.mark.thorough
def test_locked_dependencies_are_built_as_a_user_does_whose_helm_knows_no_repository(
    released: World, person: Person, tmp_path: Path
) -> None:
    with ChartRepository(tmp_path / "repository", released.env) as repository:
        repository.publish("common", "1.0.0")
        chart = released.clone / CHART
        depends = f"dependencies: [{{name: common, version: ^1.0.0, repository: {repository.url}}}]"
        with (chart / "Chart.yaml").open("a") as file:
            file.write(f"{depends}\n")
        repository.lock(chart)
        released.commit("feat: a dependency")
        released.git("push", "--quiet", "origin", "main")
        repository.publish("common", "1.1.0")
        assert "6 objects" in person("workaround.source").stderr
        text = person("workaround.instructions").stdout
        block = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)[0]
        assert f"helm repo add threek8s-common {repository.url}\n" in block
        with Cluster() as cluster:
            user = cluster.use(tmp_path / "config") | {"HOME": str(tmp_path / "user")}
            env = user | {"GITHUB_TOKEN": "", "GIT_CONFIG_GLOBAL": "/dev/null"}
            pasted = released.run("sh", "-ec", block, at=tmp_path, env=env)
            assert pasted.returncode == 0, block + pasted.stderr
            assert cluster.kinds() == sorted([*CHART_KINDS, "ServiceAccount"])
            (built,) = tmp_path.glob(f"threek8s/{CHART}/charts/*")
            assert built.name == "common-1.0.0.tgz"


@pytest.mark.thorough
def test_an_archive_replaces_nothing_that_the_recipes_keep_beside_it(
    released: World, person: Person
) -> None:
    answer = released.web.server.answer

    def hostile(request: Request) -> Reply:
        reply = answer(request)
        if reply.status != 200:
            return reply
        made = io.BytesIO()
        with (
            tarfile.open(fileobj=io.BytesIO(reply.body)) as sound,
            tarfile.open(fileobj=made, mode="w:gz") as archive,
        ):
            for member in sound:
                archive.addfile(member, sound.extractfile(member))
            archive.addfile(tarfile.TarInfo("registry.json"))
        return Reply(200, made.getvalue(), reply.headers)

    released.web.server.answer = hostile
    person("publish.package publish.login workaround.tarball publish.push")
    assert list(released.registry.tags(f"{PUSH_TO}/threek8s")) == ["1.6.1"]


@pytest.mark.thorough
def test_the_newest_release_is_found_behind_any_number_of_pre_releases_under_any_tag(
    released: World, person: Person
) -> None:
    bump = ("version: 1.6.1\nappVersion: 1.6.1", "version: 1.6.2\nappVersion: 1.6.2")
    released.commit("chore: bump the chart", {f"{CHART}/Chart.yaml": bump})
    released.git("push", "--quiet", "origin", "main")
    released.github.create_release("chart-v1.6.2", "1.6.2", "")
    for number in range(12):
        released.github.create_release(f"v2.0.0-rc.{number}", "rc", "", prerelease=True)
    assert "The release chart-v1.6.2**" in person("workaround.instructions").stdout
    assert "The release chart-v1.6.2**" in person("workaround.instructions --version 1.6.2").stdout

"""Workaround instructions: only what was tested is offered, as Markdown to be pasted."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.sandbox.world import CHART, PUSH_TO, World
from tasks.toolkit.clients.helm.chart import Chart
from tasks.toolkit.clients.helm.dependency_build import DependencyBuild
from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.core.invocation import running_step
from tasks.toolkit.incident.context import Incident
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.reports.source_install import download_source
from tasks.toolkit.reports.workarounds import (
    Method,
    as_markdown,
    install_commands,
    published_method,
    tags_to_test,
    workaround_instructions,
)

REFERENCE = "oci://ghcr.io/o/podinfo"
PUBLISHED = Facts(
    name="podinfo",
    reference=REFERENCE,
    version="1.7.1",
    digest="sha256:0",
)
ONE = Method("One", ["git clone x", "helm install x"])
TWO = Method("Two", ["curl x"])
INSTALL = Method("Install this", ["helm install y"])
CHART_1_7_0 = Chart("podinfo", "1.7.0", "1.7.0")
NOTHING = DependencyBuild()
BREAKS_THE_CHART = {f"{CHART}/values.yaml": ("replicas: 1", "replicas: two")}


# The text


def test_several_methods_are_numbered() -> None:
    text = as_markdown(None, [ONE, TWO], REFERENCE)
    assert f"Until `{REFERENCE}` can be installed again, there are 2 ways" in text
    assert "**Option 1: One**\n\n```bash\ngit clone x\nhelm install x\n```\n" in text
    assert "**Option 2: Two**" in text


def test_a_single_method_has_no_number() -> None:
    text = as_markdown(None, [ONE], REFERENCE)
    assert "there is one way" in text
    assert "**One**" in text


def test_what_is_published_comes_first() -> None:
    text = as_markdown(INSTALL, [TWO], REFERENCE)
    assert text.startswith("Install this:\n\n```bash\nhelm install y\n```\n\nWithout the registry")
    alone = as_markdown(INSTALL, [], REFERENCE)
    assert alone == "Install this:\n\n```bash\nhelm install y\n```\n"


def test_dependencies_are_built_as_they_were_for_the_test() -> None:
    assert install_commands(CHART_1_7_0, NOTHING, "./x") == ["helm install podinfo ./x"]
    build = DependencyBuild("build", {"podinfo-common": "https://charts.example"})
    assert install_commands(CHART_1_7_0, build, "./x") == [
        "helm repo add podinfo-common https://charts.example",
        "helm dependency build ./x",
        "helm install podinfo ./x",
    ]


def test_what_was_published_is_installed_from_where_users_install() -> None:
    command = f"helm install podinfo {REFERENCE} --version 1.7.1"
    assert published_method(PUBLISHED, plain_http=False).commands == [command]
    assert published_method(PUBLISHED, plain_http=True).commands == [f"{command} --plain-http"]
    alias = "oci://ghcr.io/o/chart/podinfo"
    with_alias = replace(PUBLISHED, alias=alias)
    command = f"helm install podinfo {alias} --version 1.7.1"
    assert published_method(with_alias, plain_http=False).commands == [command]


def test_a_releases_own_source_is_tested_before_the_newest() -> None:
    newest = ["v1.7.0", "v1.6.1"]
    assert tags_to_test("", newest) == newest
    assert tags_to_test("v1.6.1", newest) == ["v1.6.1", "v1.7.0"]
    assert tags_to_test("v1.5.0", newest) == ["v1.5.0", *newest]


def test_a_hostile_folder_is_quoted_and_ends_no_code(tmp_path: Path) -> None:
    hostile = "https://charts.example/$(touch owned)"
    folder = "./x/`touch owned`;it's $(touch owned)\n```\n@everyone"
    commands = install_commands(CHART_1_7_0, DependencyBuild("build", {"x": hostile}), folder)
    shell = "helm() { printf '%s\\0' \"$@\"; }\n" + "\n".join(commands)
    pasted = subprocess.run(["/bin/sh", "-c", shell], cwd=tmp_path, capture_output=True, check=True)
    words = pasted.stdout.decode().split("\0")[:-1]
    add = ["repo", "add", "x", hostile]
    assert words == [*add, "dependency", "build", folder, "install", "podinfo", folder]
    assert list(tmp_path.iterdir()) == []
    block = Method("One", commands).markdown("One")
    assert block[2] == "````bash"
    assert block[-2] == "````"


# With git, helm and GitHub


@pytest.fixture
def _step() -> Iterator[None]:
    with running_step("workaround.instructions"):
        yield


@pytest.fixture
def releases(world: World, _step: None) -> World:
    """Give a sandbox with 1.6.0, and 1.7.0 and a commit since, which cannot be installed."""
    world.github.create_release("v1.6.0", "1.6.0", "")
    world.commit("feat: two", BREAKS_THE_CHART)
    world.git("push", "--quiet", "origin", "main")
    world.github.create_release("v1.7.0", "1.7.0", "")
    return world


def push_chart(world: World) -> None:
    """Push the chart in the clone, as the workflow does."""
    host = world.registry.host
    login = f"helm registry login {host} --username stianfro --password-stdin --plain-http"
    lines = [
        f"helm package {CHART} --destination {world.folder}",
        f"echo $GITHUB_TOKEN | {login}",
        f"helm push {world.folder}/threek8s-1.6.0.tgz oci://{host}/{PUSH_TO} --plain-http",
    ]
    pushed = world.run("sh", "-ec", "\n".join(lines))
    assert pushed.returncode == 0, pushed.stderr


def instructions(incident: Incident, version: str = "") -> str:
    return workaround_instructions(incident.project, incident.log, version)


@pytest.mark.usefixtures("releases")
@pytest.mark.thorough
def test_the_newest_release_that_can_be_installed_is_offered(
    incident: Incident,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = instructions(incident)
    assert "**The release v1.6.0**" in text
    assert f"helm install threek8s ./threek8s-1.6.0/{CHART}" in text
    assert "v1.7.0" not in text
    assert "git clone" not in text
    printed = capsys.readouterr().err
    assert "left out: v1.7.0 cannot be installed: helm " in printed
    assert "left out: main cannot be installed: helm " in printed


@pytest.mark.thorough
def test_a_tag_that_a_shell_would_read_as_more_is_not_offered(
    releases: World,
    incident: Incident,
) -> None:
    hostile = "v1.9.0;id|`id`"
    releases.git("fetch", "--quiet", "--tags")
    releases.git("push", "--quiet", "origin", f"v1.6.0:refs/tags/{hostile}")
    releases.github.create_release(hostile, "1.9.0", "")
    text = instructions(incident)
    assert "**The release v1.6.0**" in text
    assert "1.9.0" not in text
    with pytest.raises(BadInput, match=r"has no tag of 1\.9\.0;id"):
        download_source(incident.project, hostile)


@pytest.mark.usefixtures("releases")
@pytest.mark.thorough
def test_a_version_that_was_asked_for_is_offered_or_refused(incident: Incident) -> None:
    assert "**The release v1.6.0**" in instructions(incident, "1.6.0")
    with pytest.raises(Refused, match=r"v1\.7\.0 cannot be installed: helm .*another --version"):
        instructions(incident, "1.7.0")


@pytest.mark.thorough
def test_where_nothing_can_be_installed_not_even_what_was_published_that_is_an_error(
    releases: World,
    incident: Incident,
    capsys: pytest.CaptureFixture[str],
) -> None:
    del releases.github.releases[1:]
    incident.log.record_skipped(replace(PUBLISHED, reference=releases.reference))
    with pytest.raises(Refused, match=r"neither main nor v1\.7\.0 can be installed"):
        instructions(incident)
    assert f"left out: {releases.reference} 1.7.1 cannot be" in capsys.readouterr().err


@pytest.mark.usefixtures("_step")
def test_what_the_incident_published_is_offered_although_the_source_cannot_be_installed(
    world: World,
    incident: Incident,
) -> None:
    push_chart(world)
    world.commit("feat: two", BREAKS_THE_CHART)
    world.git("push", "--quiet", "origin", "main")
    published = Facts(
        name="threek8s",
        reference=world.reference,
        version="1.6.0",
        digest="sha256:0",
    )
    incident.log.record_skipped(published)
    command = f"helm install threek8s {world.reference} --version 1.6.0 --plain-http"
    title = "Version 1.6.0 can be installed from the registry"
    assert instructions(incident) == f"{title}:\n\n```bash\n{command}\n```\n"

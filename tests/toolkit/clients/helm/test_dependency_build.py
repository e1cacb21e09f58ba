"""Dependencies are built without the user's helm configuration, in the versions of Chart.lock."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.sandbox.registry import Registry
from tasks.toolkit.clients.helm.dependency_build import (
    DependencyBuild,
    parse_repositories,
    parse_statuses,
)
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.core.errors import AccessDenied, Refused, ServiceError

from ....plans import finished_plan
from .conftest import Machine
from .repositories import ChartRepository, write_chart
from .test_cli import files_in

LISTED = """\
NAME  \tVERSION\tREPOSITORY            \tSTATUS
common\t^1.0.0 \thttp://127.0.0.1:18513\tok
other \t1.0.0  \t                      \twrong version

WARNING: "charts/stray.tgz" is not in Chart.yaml.
"""


@pytest.fixture
def repository(machine: Machine) -> Iterator[ChartRepository]:
    """Give a repository with the versions 1.0.0 and 1.1.0 of the chart common."""
    with ChartRepository(machine.folder / "repository", machine.environ) as served:
        served.publish("common", "1.0.0")
        served.publish("common", "1.1.0")
        yield served


def parent(machine: Machine, where: str, version: str = "^1.0.0") -> Path:
    """Write a chart that depends on common, and return its folder."""
    folder = machine.folder / "charts" / "parent"
    more = f"dependencies: [{{name: common, version: '{version}', repository: '{where}'}}]\n"
    write_chart(folder, "parent", more)
    return folder


def locked_at_1_0_0(machine: Machine, repository: ChartRepository, where: str = "") -> Path:
    """Write a chart whose lock names 1.0.0, although 1.1.0 is published by now."""
    repository.withdraw("common", "1.1.0")
    folder = parent(machine, where or repository.url)
    repository.lock(folder)
    repository.publish("common", "1.1.0")
    return folder


def build(machine: Machine, folder: Path) -> DependencyBuild:
    """Build and check as a user; no helm configuration of the machine is changed."""
    helm = machine.helm()
    own = machine.folder / ".config" / "helm"
    before = files_in(own)
    built = helm.check_as_user(folder, helm.read_chart(folder))
    assert files_in(own) == before
    return built


def built_archives(folder: Path) -> list[str]:
    return [name for name in files_in(folder) if name.endswith(".tgz")]


@pytest.mark.thorough
def test_without_a_lock_the_newest_that_chart_yaml_allows_is_taken(
    machine: Machine,
    repository: ChartRepository,
) -> None:
    folder = parent(machine, repository.url)
    built = build(machine, folder)
    assert built_archives(folder) == ["charts/common-1.1.0.tgz"]
    assert built.commands("./x") == [["dependency", "build", "./x"]]


def test_a_lock_decides_and_its_repository_is_added_to_a_helm_home_of_its_own(
    machine: Machine,
    repository: ChartRepository,
) -> None:
    folder = locked_at_1_0_0(machine, repository)
    built = build(machine, folder)
    assert built_archives(folder) == ["charts/common-1.0.0.tgz"]
    assert built.commands("./x") == [
        ["repo", "add", "parent-common", repository.url],
        ["dependency", "build", "./x"],
    ]


@pytest.mark.thorough
def test_the_commands_work_for_a_user_who_pastes_them(
    machine: Machine,
    repository: ChartRepository,
) -> None:
    folder = locked_at_1_0_0(machine, repository)
    commands = build(machine, folder).commands(str(folder))
    (folder / "charts" / "common-1.0.0.tgz").unlink()
    for _ in range(2):
        for command in commands:
            subprocess.run(["helm", *command], env=machine.environ, check=True)
        assert built_archives(folder) == ["charts/common-1.0.0.tgz"]


@pytest.mark.thorough
def test_a_lock_of_another_chart_yaml_is_reported_with_what_is_taken_instead(
    machine: Machine,
    repository: ChartRepository,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = locked_at_1_0_0(machine, repository)
    parent(machine, repository.url, ">=1.0.0")
    built = build(machine, folder)
    assert built_archives(folder) == ["charts/common-1.1.0.tgz"]
    assert built.command == "update"
    printed = capsys.readouterr().err
    assert "Chart.lock is out of sync with Chart.yaml" in printed
    assert "is taken: common 1.1.0" in printed


def test_what_is_in_charts_is_not_built_again_and_no_lock_is_added(machine: Machine) -> None:
    folder = parent(machine, "http://127.0.0.1:9")
    write_chart(folder / "charts" / "common", "common")
    before = files_in(folder)
    assert build(machine, folder).commands("./x") == []
    assert files_in(folder) == before


@pytest.mark.thorough
def test_what_is_in_charts_is_built_again_in_the_version_of_the_lock(
    machine: Machine,
    repository: ChartRepository,
) -> None:
    folder = locked_at_1_0_0(machine, repository)
    charts = folder / "charts"
    charts.mkdir()
    newer = repository.folder / "common-1.1.0.tgz"
    (charts / newer.name).write_bytes(newer.read_bytes())
    build(machine, folder)
    assert built_archives(folder) == ["charts/common-1.0.0.tgz"]


@pytest.mark.parametrize("where", ["@stable", "alias:stable"])
@pytest.mark.thorough
def test_a_repository_by_name_is_found_in_the_lock_or_in_the_users_helm(
    machine: Machine,
    repository: ChartRepository,
    where: str,
) -> None:
    folder = parent(machine, where)
    with pytest.raises(Refused, match=f"common is in the repository {where}, whose URL is not"):
        build(machine, folder)
    argv = ["helm", "repo", "add", "stable", repository.url]
    subprocess.run(argv, env=machine.environ, check=True)
    add = ["repo", "add", "stable", repository.url]
    assert build(machine, folder).commands("./x") == [add, ["dependency", "build", "./x"]]
    argv = ["helm", "repo", "remove", "stable"]
    subprocess.run(argv, env=machine.environ, check=True)
    (folder / "charts" / "common-1.1.0.tgz").unlink()
    assert build(machine, folder).commands("./x") == [add, ["dependency", "build", "./x"]]


def test_a_repository_whose_name_helm_would_take_for_an_option_is_refused(
    machine: Machine,
) -> None:
    folder = parent(machine, "@--debug")
    lock = "dependencies: [{name: common, version: 1.0.0, repository: 'http://127.0.0.1:9'}]\n"
    (folder / "Chart.lock").write_text(lock)
    with pytest.raises(Refused, match="common is in the repository @--debug"):
        build(machine, folder)


def test_an_oci_dependency_is_built_over_plain_http_too(
    machine: Machine,
    registry: Registry,
) -> None:
    helm = machine.logged_in(registry)
    common = machine.make_chart("common")
    archive = helm.package(common, machine.built, options=["--version=1.2.0"])
    helm.push(archive, Reference(registry.host, "owner/charts"))
    folder = parent(machine, f"oci://{registry.host}/owner/charts")
    built = build(machine, folder)
    assert built_archives(folder) == ["charts/common-1.2.0.tgz"]
    (command,) = built.commands("./x")
    plain = [] if helm.version < (4, 0) else ["--plain-http"]
    assert command == ["dependency", "build", "./x", *plain]


def test_a_private_registry_is_denied_to_users_whoever_is_logged_in(
    machine: Machine,
    registry: Registry,
) -> None:
    registry.access.private.add("owner/charts/common")
    machine.logged_in(registry)
    folder = parent(machine, f"oci://{registry.host}/owner/charts")
    with pytest.raises(AccessDenied, match="it is not public"):
        build(machine, folder)


FAILURES = [
    ("http://127.0.0.1:9", ServiceError, "check the network"),
    ("file://../nothing", Refused, "nothing not found: correct Chart.yaml"),
    ("gopher://example.org", Refused, "correct Chart.yaml and Chart.lock"),
]


@pytest.mark.parametrize(("where", "kind", "message"), FAILURES)
def test_what_cannot_be_built_is_refused_with_the_reason(
    machine: Machine,
    where: str,
    kind: type[Exception],
    message: str,
) -> None:
    with pytest.raises(kind, match=message):
        build(machine, parent(machine, where))


@pytest.mark.thorough
def test_a_version_that_is_gone_is_refused(
    machine: Machine,
    repository: ChartRepository,
) -> None:
    folder = locked_at_1_0_0(machine, repository)
    repository.withdraw("common", "1.0.0")
    with pytest.raises(Refused, match="no matching version"):
        build(machine, folder)


@pytest.mark.thorough
def test_a_dry_run_shows_the_commands_with_a_helm_home_of_their_own(
    machine: Machine,
    repository: ChartRepository,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = locked_at_1_0_0(machine, repository)
    helm = machine.helm(dry_run=True)
    helm.check_chart(folder, helm.read_chart(folder))
    plan = finished_plan(capsys)
    (folder / "charts" / "common-1.0.0.tgz").unlink()
    subprocess.run(["/bin/sh", "-c", plan], env=machine.environ, check=True)
    assert built_archives(folder) == ["charts/common-1.0.0.tgz"]
    assert not list(machine.folder.glob(".config/helm/repositories.*"))
    helm.check_as_user(folder, helm.read_chart(folder), quiet=True)
    assert capsys.readouterr().out == ""


def test_the_answers_of_helm_are_read() -> None:
    assert parse_statuses(LISTED) == {"ok", "wrong version"}
    assert parse_statuses("WARNING: no dependencies\n") == set()
    assert parse_repositories('[{"name": "a", "url": "https://a"}]') == {"a": "https://a"}
    for text in ("", "Error", "[1]", "{}"):
        assert parse_repositories(text) == {}

"""helm, the real one: what it packages and publishes, and what a dry run shows of that."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tasks.sandbox.registry import Registry
from tasks.toolkit.clients.helm.chart import Chart, archive_contents
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.core.errors import AccessDenied, BadInput, Refused
from tasks.toolkit.core.secret import Secret

from .conftest import TOKEN, Machine

THREEK8S = Chart("threek8s", "1.7.0", "1.7.0")
BROKEN = "{{ .Values.nothing.at.all }}"
DEPENDENCY = "dependencies: [{name: common, version: 1.7.0, repository: file://../common}]\n"


def files_in(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_a_chart_is_read_from_its_folder_and_from_its_archive(machine: Machine) -> None:
    helm = machine.helm()
    assert helm.version >= (3, 17)
    assert helm.read_chart(machine.chart) == THREEK8S
    archive = helm.package(machine.chart, machine.built, options=["--version=1.7.1"])
    assert archive == machine.built / "threek8s-1.7.1.tgz"
    assert helm.read_archive(archive) == Chart("threek8s", "1.7.1", "1.7.0")


def test_what_is_not_a_chart_is_bad_input(machine: Machine) -> None:
    with pytest.raises(BadInput, match=r"holds no chart \(no Chart.yaml\): set CHART_DIR"):
        machine.helm().read_chart(machine.built)
    file = machine.built / "x.tgz"
    file.write_text("text")
    with pytest.raises(BadInput, match=f"{file} is not a packaged chart"):
        machine.helm().read_archive(file)


def test_a_sound_chart_passes_and_one_that_cannot_be_rendered_is_refused(machine: Machine) -> None:
    machine.helm().check_chart(machine.chart, THREEK8S)
    broken = machine.make_chart("broken", template=BROKEN)
    with pytest.raises(Refused, match=r"helm lint refuses broken: .*account\.yaml"):
        machine.helm().check_chart(broken, Chart("broken", "1.7.0", ""))


def test_dependencies_are_built_before_a_chart_is_checked(machine: Machine) -> None:
    machine.make_chart("common")
    folder = machine.make_chart("parent", DEPENDENCY)
    machine.helm().check_chart(folder, machine.helm().read_chart(folder))
    assert "charts/common-1.7.0.tgz" in files_in(folder)


def test_a_dry_run_builds_in_a_copy_and_shows_the_folder_itself(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.make_chart("common")
    folder = machine.make_chart("parent", DEPENDENCY)
    shown = machine.folder / "clone"
    machine.helm(dry_run=True).check_chart(folder, machine.helm().read_chart(folder), shown)
    assert "charts/common-1.7.0.tgz" in files_in(folder)
    assert f"helm dependency build {shown}\n" in capsys.readouterr().out


def test_a_broken_dependency_is_refused(machine: Machine) -> None:
    folder = machine.make_chart("parent", DEPENDENCY)
    with pytest.raises(Refused, match="helm dependency refuses parent"):
        machine.helm().check_chart(folder, machine.helm().read_chart(folder))


def test_the_epoch_makes_the_same_content(machine: Machine) -> None:
    helm = machine.helm()
    other = machine.folder / "other"
    other.mkdir()
    one = helm.package(machine.chart, machine.built, options=[], epoch=1_700_000_000)
    (machine.chart / "Chart.yaml").touch()
    two = helm.package(machine.chart, other, options=[], epoch=1_700_000_000)
    assert archive_contents(one.read_bytes()) == archive_contents(two.read_bytes())
    if helm.version >= (4, 3):
        assert one.read_bytes() == two.read_bytes()


def test_a_rehearsed_package_is_in_scratch_and_not_shown(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = machine.helm(dry_run=True).rehearse_package(machine.chart, ["--version=1.8.0"])
    assert archive == machine.scratch / "threek8s-1.8.0.tgz"
    assert archive.is_file()
    assert capsys.readouterr().out == ""


def push_to(registry: Registry) -> Reference:
    return Reference(registry.host, "a/chart")


def test_a_pushed_chart_is_told_by_its_reference_and_digest(
    machine: Machine, registry: Registry
) -> None:
    helm = machine.helm()
    archive = helm.package(machine.chart, machine.built, options=[])
    assert helm.login(registry.host, "me", Secret(TOKEN)) is True
    assert helm.logged_in
    pushed = helm.push(archive, push_to(registry))
    digest = registry.tags("a/chart/threek8s")["1.7.0"]
    assert pushed == (Reference(registry.host, "a/chart/threek8s", "1.7.0"), digest)
    assert helm.logout(registry.host) is True
    assert not helm.logged_in
    assert "registry.json" not in files_in(machine.scratch)
    with pytest.raises(AccessDenied):
        helm.push(archive, push_to(registry))


def test_logins_of_the_user_are_neither_used_nor_changed(
    machine: Machine, registry: Registry
) -> None:
    helm = machine.helm()
    helm.login(registry.host, "me", Secret(TOKEN))
    outside = [file for file in files_in(machine.folder) if not file.startswith("scratch/")]
    assert [file for file in outside if "registry" in file or "docker" in file] == []
    assert helm.logout("nowhere.example") is True  # it is no error


def test_a_wrong_token_is_denied(machine: Machine, registry: Registry) -> None:
    with pytest.raises(AccessDenied):
        machine.helm().login(registry.host, "me", Secret("wrong"))


def test_a_dry_run_shows_what_a_shell_then_does(
    machine: Machine, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    helm = machine.helm(dry_run=True)
    archive = helm.package(machine.chart, machine.built, options=["--version=1.7.2"], epoch=1)
    assert archive == machine.scratch / "threek8s-1.7.2.tgz"
    assert helm.read_archive(archive).version == "1.7.2"
    assert helm.login(registry.host, "me", Secret(TOKEN)) is False
    assert helm.logged_in
    assert helm.push(archive, push_to(registry)) is None
    assert helm.logout(registry.host) is False
    assert files_in(machine.built) == []
    assert registry.snapshot() == {}
    plan = capsys.readouterr().out + ")\n"
    assert TOKEN not in plan
    lines = plan.splitlines()
    assert f"--destination {machine.built}" in lines[1] and "SOURCE_DATE_EPOCH=1" in lines[1]
    assert lines[2].startswith("gh auth token | env HELM_REGISTRY_CONFIG=")
    assert f"helm push {machine.built}/threek8s-1.7.2.tgz {push_to(registry).oci}" in lines[3]
    gh = machine.folder / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(f"#!/bin/sh\necho {TOKEN}\n")
    gh.chmod(0o755)
    environ = {**machine.environ, "PATH": f"{gh.parent}:{machine.environ['PATH']}"}
    subprocess.run(["/bin/sh", "-c", plan], env=environ, check=True)
    assert [*registry.tags("a/chart/threek8s")] == ["1.7.2"]


def test_a_dry_run_shows_an_archive_that_it_did_not_package_as_it_is(
    machine: Machine, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = machine.helm().package(machine.chart, machine.built, options=[])
    assert machine.helm(dry_run=True).push(archive, push_to(registry)) is None
    assert f"helm push {archive} " in capsys.readouterr().out


def test_a_dry_package_shows_the_folder_that_was_copied(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = machine.folder / "clone"
    machine.helm(dry_run=True).package(machine.chart, machine.built, options=[], shown_folder=shown)
    assert f"helm package {shown} --destination {machine.built}\n" in capsys.readouterr().out

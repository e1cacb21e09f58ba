"""helm, the real one: what it packages and publishes, and what a dry run shows of that."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tasks.sandbox.registry import Registry
from tasks.toolkit.clients.helm.chart import Chart, archive_contents
from tasks.toolkit.clients.helm.cli import parse_pushed
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.core.errors import AccessDenied, BadInput, Refused, ServiceError
from tasks.toolkit.core.secret import Secret

from ....plans import finished_plan, planned, unfolded
from .conftest import TOKEN, Machine

THREEK8S = Chart("threek8s", "1.7.0", "1.7.0")
BROKEN = "{{ .Values.nothing.at.all }}"
DEPENDENCY = "dependencies: [{name: common, version: 1.7.0, repository: file://../common}]\n"


def files_in(folder: Path) -> list[str]:
    files = []
    for file in folder.rglob("*"):
        if file.is_file():
            name = file.relative_to(folder)
            files.append(str(name))
    return sorted(files)


def test_a_chart_is_read_from_its_folder_and_from_its_archive(machine: Machine) -> None:
    helm = machine.helm()
    assert helm.version >= (3, 17)
    assert helm.read_chart(machine.chart) == THREEK8S
    archive = machine.package("--version=1.7.1")
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
    helm = machine.helm()
    helm.check_chart(machine.chart, THREEK8S)
    broken = machine.make_chart("broken", template=BROKEN)
    chart = helm.read_chart(broken)
    with pytest.raises(Refused, match=r"helm lint refuses broken: .*account\.yaml"):
        helm.check_chart(broken, chart)


def test_dependencies_are_built_before_a_chart_is_checked(machine: Machine) -> None:
    machine.make_chart("common")
    helm = machine.helm()
    for name in ("parent", "other"):
        folder = machine.make_chart(name, DEPENDENCY)
        chart = helm.read_chart(folder)
        if name == "parent":
            helm.check_chart(folder, chart)
        else:
            helm.check_as_user(folder, chart)
        assert "charts/common-1.7.0.tgz" in files_in(folder)


def test_the_epoch_makes_the_same_content(machine: Machine) -> None:
    helm = machine.helm()
    other = machine.folder / "other"
    other.mkdir()
    archives = []
    for destination in (machine.built, other):
        (machine.chart / "Chart.yaml").touch()
        archive = helm.package(
            machine.chart,
            destination,
            options=[],
            epoch=1_700_000_000,
        )
        archives.append(archive.read_bytes())
    one, two = archives
    assert archive_contents(one) == archive_contents(two)
    if helm.version >= (4, 3):
        assert one == two


def test_a_rehearsed_package_is_in_scratch_and_not_shown(
    machine: Machine,
    capsys: pytest.CaptureFixture[str],
) -> None:
    helm = machine.helm(dry_run=True)
    archive = helm.rehearse_package(machine.chart, ["--version=1.8.0"])
    assert archive == machine.scratch / "threek8s-1.8.0.tgz"
    assert archive.is_file()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("printed", ["", "Pushed: 127.0.0.1:5000/a/b:1\n", "Digest: sha256:1\n"])
def test_a_push_that_does_not_say_what_it_pushed_is_an_error(printed: str) -> None:
    with pytest.raises(ServiceError, match="did not print what it pushed"):
        parse_pushed(printed)


def test_what_a_push_prints_is_found_between_other_lines() -> None:
    printed = "WARNING: x\nPushed: 127.0.0.1:5000/a/b:1.7.0\nDigest: sha256:1\n"
    reference = Reference("127.0.0.1:5000", "a/b", "1.7.0")
    assert parse_pushed(printed) == (reference, "sha256:1")


def push_to(registry: Registry) -> Reference:
    return Reference(registry.host, "a/chart")


def test_a_pushed_chart_is_told_by_its_reference_and_digest(
    machine: Machine,
    registry: Registry,
) -> None:
    archive = machine.package()
    helm = machine.logged_in(registry)
    assert helm.login.is_valid
    pushed = helm.push(archive, push_to(registry))
    reference = Reference(registry.host, "a/chart/threek8s", "1.7.0")
    digests = registry.tags("a/chart/threek8s")
    assert pushed == (reference, digests["1.7.0"])
    assert helm.login.log_out(registry.host) is True
    assert not helm.login.is_valid
    assert "registry.json" not in files_in(machine.scratch)
    with pytest.raises(AccessDenied):
        helm.push(archive, push_to(registry))


def test_logins_of_the_user_are_neither_used_nor_changed(
    machine: Machine,
    registry: Registry,
) -> None:
    helm = machine.logged_in(registry)
    for file in files_in(machine.folder):
        if not file.startswith("scratch/"):
            assert "registry" not in file
            assert "docker" not in file
    assert helm.login.log_out("nowhere.example") is True  # it is no error


def test_a_wrong_token_is_denied(
    machine: Machine,
    registry: Registry,
) -> None:
    helm = machine.helm()
    with pytest.raises(AccessDenied):
        helm.login.log_in(registry.host, "me", Secret("wrong"))


def test_a_dry_run_shows_what_a_shell_then_does(
    machine: Machine,
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
) -> None:
    helm = machine.helm(dry_run=True)
    archive = helm.package(
        machine.chart,
        machine.built,
        options=["--version=1.7.2"],
        epoch=1,
    )
    assert archive == machine.scratch / "threek8s-1.7.2.tgz"
    chart = helm.read_archive(archive)
    assert chart.version == "1.7.2"
    token = Secret(TOKEN)
    assert helm.login.log_in(registry.host, "me", token) is False
    assert helm.login.is_valid
    destination = push_to(registry)
    assert helm.push(archive, destination) is None
    assert helm.login.log_out(registry.host) is False
    assert files_in(machine.built) == []
    assert registry.snapshot() == {}
    plan = finished_plan(capsys)
    assert TOKEN not in plan
    package, login, push = unfolded(plan).splitlines()[1:4]
    assert f"--destination {machine.built}" in package
    assert "SOURCE_DATE_EPOCH=1" in package
    assert login.startswith("gh auth token | env HELM_REGISTRY_CONFIG=")
    built = machine.built / "threek8s-1.7.2.tgz"
    assert f"helm push {built} {destination.oci}" in push
    subprocess.run(
        ["/bin/sh", "-c", plan],
        env=machine.environ,
        check=True,
    )
    tags = registry.tags("a/chart/threek8s")
    assert [*tags] == ["1.7.2"]


def test_a_dry_run_shows_an_archive_that_it_did_not_package_as_it_is(
    machine: Machine,
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
) -> None:
    archive = machine.package()
    helm = machine.helm(dry_run=True)
    assert helm.push(archive, push_to(registry)) is None
    plan = planned(capsys)
    assert f"helm push {archive} " in plan

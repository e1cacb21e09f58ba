"""Installing with helm: for trial without a login, and into a cluster."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tasks.sandbox.registry import Registry
from tasks.toolkit.clients.helm.chart import Chart
from tasks.toolkit.clients.helm.installation import parse_release
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.core.errors import ProgramFailed, RecipeError, Refused, ServiceError

from ....cluster import Cluster
from ....plans import planned
from .conftest import TOKEN, Machine


def publish(
    machine: Machine,
    registry: Registry,
    version: str,
) -> Reference:
    """Publish the chart under a version, and return its reference."""
    archive = machine.package(f"--version={version}")
    helm = machine.logged_in(registry)
    assert helm.push(archive, Reference(registry.host, "a"))
    return Reference(registry.host, "a/threek8s")


def test_users_get_the_newest_version_or_the_one_that_they_ask_for(
    machine: Machine,
    registry: Registry,
) -> None:
    for version in ("1.7.0", "1.8.0", "1.9.0-rc.1"):
        reference = publish(machine, registry, version)
    installer = machine.helm().installer
    assert installer.show(reference) == Chart("threek8s", "1.8.0", "1.7.0")
    assert installer.show(reference, "1.7.0").version == "1.7.0"
    with pytest.raises(ProgramFailed, match="that version, is not published"):
        installer.show(reference, "3.0.0")


def log_in_docker(home: Path, host: str) -> None:
    """Write a login of docker, which helm falls back on."""
    login = base64.b64encode(f"me:{TOKEN}".encode())
    config = {"auths": {host: {"auth": login.decode()}}}
    file = home / ".docker" / "config.json"
    file.parent.mkdir()
    file.write_text(json.dumps(config))


def test_a_private_package_is_not_readable_though_helm_and_docker_are_logged_in(
    machine: Machine,
    registry: Registry,
) -> None:
    reference = publish(machine, registry, "1.7.0")
    log_in_docker(machine.folder, registry.host)
    helm = machine.logged_in(registry)
    registry.access.private.add("a/threek8s")
    with pytest.raises(ServiceError):
        helm.installer.show(reference, "1.7.0")
    with pytest.raises(ServiceError):
        helm.installer.try_install(
            reference.oci,
            "1.7.0",
            "x",
            "default",
        )


def test_without_a_cluster_a_chart_is_only_rendered(
    machine: Machine,
    registry: Registry,
) -> None:
    reference = publish(machine, registry, "1.7.0")
    rendered = "1 objects, rendered locally; no cluster was reachable to validate them"
    installer = machine.helm().installer
    assert installer.try_install(reference.oci, "1.7.0", "x", "default") == rendered
    assert installer.try_install(str(machine.chart), "", "x", "default") == rendered
    with pytest.raises(ServiceError, match="no cluster is reachable: check KUBECONFIG"):
        installer.installed_release("x", "default")


def test_a_chart_that_cannot_be_rendered_cannot_be_installed(machine: Machine) -> None:
    broken = machine.make_chart("broken", template="{{ .Values.nothing.at.all }}")
    installer = machine.helm().installer
    with pytest.raises(RecipeError, match="nil pointer"):
        installer.try_install(str(broken), "", "x", "default")


def test_a_chart_is_tried_in_a_cluster_and_then_installed_once(
    machine: Machine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Cluster() as cluster:
        environ = cluster.use(tmp_path / "config")
        installer = machine.helm(environ=environ).installer
        tried = installer.try_install(
            str(machine.chart),
            "",
            "x",
            "default",
        )
        assert tried == "1 objects, accepted by the cluster"
        assert installer.installed_release("x", "default") is None
        planner = machine.helm(dry_run=True, environ=environ).installer
        assert planner.install(machine.chart, "x", "default") is False
        assert f"helm install x {machine.chart} --namespace=default" in planned(capsys)
        assert cluster.objects == {}
        assert installer.install(machine.chart, "x", "default") is True
        assert cluster.kinds() == ["Secret", "ServiceAccount"]
        installed = installer.installed_release("x", "default")
        assert installed == ("threek8s", "1.7.0", "deployed")
        with pytest.raises(Refused, match="a release of that name exists"):
            installer.install(machine.chart, "x", "default")


@pytest.mark.parametrize(
    "printed",
    ["", "{}", "[]", "null", '{"chart": "x"}', "[" * 9999, '{"chart": "' + "x" * (1 << 20) + '"}'],
    ids=["nothing", "{}", "[]", "null", "a part", "deep", "large"],
)
def test_a_release_of_another_shape_is_one_error(printed: str) -> None:
    with pytest.raises(ServiceError, match="printed no chart, version and status"):
        parse_release(printed)

"""The helm program: what its errors lead to, and the home of somebody without any login."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.helm.cli import Helm
from tasks.toolkit.clients.helm.program import HelmProgram
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.core.errors import ServiceError
from tests.docker_registry import SecureDockerRegistry

from .conftest import Machine


def runner(machine: Machine, **environ: str) -> ProcessRunner:
    return ProcessRunner(machine.environ | environ, 60, Executor(dry_run=False))


def test_a_private_authority_is_trusted_if_ssl_cert_file_names_it(machine: Machine) -> None:
    if not shutil.which("docker-registry"):
        pytest.skip("docker-registry is not installed (the Debian package of that name)")
    with SecureDockerRegistry() as secure:
        reference = Reference(secure.host, "owner/podinfo")
        distrustful = Helm(runner(machine), machine.scratch, plain_http=False)
        with pytest.raises(ServiceError, match="a private CA: `export SSL_CERT_FILE=FILE`"):
            distrustful.installer.show(reference)
        trusting = runner(machine, SSL_CERT_FILE=secure.authority)
        helm = Helm(trusting, machine.scratch, plain_http=False)
        with pytest.raises(ServiceError, match="basic credential not found"):
            helm.installer.show(reference)


def test_nobodys_helm_has_no_file_of_the_users(machine: Machine) -> None:
    own = {
        "HELM_PLUGINS": "/mine",
        "HELM_REPOSITORY_CONFIG": "/mine",
        "HELM_REGISTRY_CONFIG": "/mine",
        "DOCKER_CONFIG": "/mine",
    }
    program = HelmProgram(runner(machine, **own), machine.scratch, plain_http=True)
    printed = program.anonymous.text("env")
    nobody = str(machine.scratch / "anonymous")
    for line in printed.split("\n"):
        name, _, value = line.partition("=")
        path = value.strip('"')
        if path.startswith("/") and name != "HELM_BIN":
            assert Path(path).is_relative_to(nobody), line
    assert program.anonymous.env["DOCKER_CONFIG"].startswith(nobody)

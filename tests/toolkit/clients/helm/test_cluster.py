"""Whether a cluster may answer helm, by the server that it takes and a connection."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from tasks.toolkit.clients.helm.cluster import find_server, may_have_cluster

KUBECONFIG = """current-context: here
contexts: [{name: here, context: {cluster: c}}]
clusters: [{name: c, cluster: {server: "%s"%s}}]
"""
FREE = "http://127.0.0.1:9"  # the port of `discard`, where nothing listens


def configured(folder: Path, server: str, more: str = "") -> dict[str, str]:
    """Write a kubeconfig, and return the environment in which helm takes it."""
    file = folder / "kubeconfig"
    file.write_text(KUBECONFIG % (server, more))
    return {"KUBECONFIG": str(file)}


def test_a_server_that_accepts_connections_may_be_a_cluster(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert may_have_cluster(configured(tmp_path, f"https://127.0.0.1:{port}"))
    assert not may_have_cluster(configured(tmp_path, f"https://127.0.0.1:{port}"))


def test_a_server_that_nobody_can_name_is_no_cluster(tmp_path: Path) -> None:
    assert not may_have_cluster(configured(tmp_path, "https://nowhere.invalid"))


@pytest.mark.parametrize("server", ["", "ftp://127.0.0.1", "http://127.0.0.1:x"])
def test_helm_has_to_try_a_server_that_is_unclear(tmp_path: Path, server: str) -> None:
    assert may_have_cluster(configured(tmp_path, server))


def test_helm_has_to_try_behind_a_proxy(tmp_path: Path) -> None:
    proxied = configured(tmp_path, FREE, ', proxy-url: "http://127.0.0.1:9"')
    assert may_have_cluster(proxied)
    environ = configured(tmp_path, FREE)
    assert not may_have_cluster(environ)
    assert may_have_cluster({**environ, "https_proxy": "http://127.0.0.1:9"})


POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}


@pytest.mark.parametrize(
    ("environ", "server"),
    [
        ({}, "http://localhost:8080"),
        ({"KUBERNETES_MASTER": "http://m:1"}, "http://m:1"),
        (POD, "https://10.0.0.1:6443"),
        ({"KUBERNETES_SERVICE_HOST": "fd00::1"}, "https://[fd00::1]:443"),
        ({**POD, "HELM_KUBEAPISERVER": "https://given"}, "https://given"),
    ],
)
def test_without_a_kubeconfig_the_server_is_the_pods_or_on_this_machine(
    tmp_path: Path, environ: Mapping[str, str], server: str
) -> None:
    assert find_server({**environ, "HOME": str(tmp_path)}) == server
    assert find_server({**configured(tmp_path, "https://c"), **POD}) == "https://c"

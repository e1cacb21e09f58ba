"""Connections to a registry: they are used again, and every answer is bounded."""

from __future__ import annotations

import base64
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from tasks.sandbox.registry import Registry
from tasks.sandbox.registry.store import digest_of
from tasks.sandbox.server import Reply, Request
from tasks.toolkit.clients.registry.connections import MEBIBYTE, Connections, RegistryResponse
from tasks.toolkit.console.waiting import run_parallel
from tasks.toolkit.core.errors import ServiceError

from ....docker_registry import SecureDockerRegistry
from .relay import Relay

PROJECT = Path(__file__).parents[4]
TAGS = "/v2/a/b/tags/list"
NOTHING: Mapping[str, str] = {}


def get(
    connections: Connections,
    host: str,
    path: str = TAGS,
) -> RegistryResponse:
    url = f"http://{host}{path}"
    return connections.request("GET", url, NOTHING)


def fill(registry: Registry, count: int) -> dict[str, bytes]:
    """Put some blobs into a registry, and return them by their paths."""
    blobs = {}
    for number in range(count):
        content = b"%d" % number * 1000
        digest = digest_of(content)
        registry.repositories["a/b"].blobs[digest] = content
        blobs[f"/v2/a/b/blobs/{digest}"] = content
    return blobs


def test_a_connection_is_used_again(open_registry: Registry) -> None:
    with Relay(open_registry.host) as relay:
        connections = Connections(relay.host, 5)
        for _ in range(3):
            response = get(connections, relay.host)
            assert response.status == 404
        assert len(open_registry.requests) == 3
        assert relay.connections == 1


def test_a_connection_that_was_idle_is_not_used_again(open_registry: Registry) -> None:
    with Relay(open_registry.host) as relay:
        connections = Connections(relay.host, 5, idle_limit=0)
        for _ in range(3):
            response = get(connections, relay.host)
            assert response.status == 404
        assert relay.connections == 3


def test_many_threads_get_their_own_answers(open_registry: Registry) -> None:
    blobs = fill(open_registry, 40)
    host = open_registry.host
    connections = Connections(host, 5)
    calls = []
    for path in blobs:
        call = partial(get, connections, host, path)
        calls.append(call)
    bodies = [answer.body for answer in run_parallel(calls)]
    assert bodies == list(blobs.values())


def test_a_redirect_without_end_is_an_answer_and_a_change_is_not_redirected(
    open_registry: Registry,
) -> None:
    def redirect(request: Request) -> Reply:
        open_registry.answer(request)
        return Reply(302, headers={"Location": f"{request.path}x"})

    open_registry.server.answer = redirect
    host = open_registry.host
    connections = Connections(host, 5)
    response = get(connections, host)
    assert response.status == 302
    assert len(open_registry.requests) == 11
    url = f"http://{host}/v2/a/b/manifests/1"
    change = connections.request("PUT", url, NOTHING, b"{}")
    assert change.status == 302
    assert len(open_registry.requests) == 12


@pytest.mark.parametrize(
    "fast_bytes",
    [0, 1000],
    ids=["the status", "the body"],
)
@pytest.mark.thorough
def test_an_answer_that_drips_in_is_bounded_as_a_whole(
    open_registry: Registry,
    fast_bytes: int,
) -> None:
    [path] = fill(open_registry, 1)
    with Relay(open_registry.host) as relay:
        relay.fast_bytes = fast_bytes
        connections = Connections(relay.host, limit=0.5)
        begun = time.monotonic()
        with pytest.raises(ServiceError, match=r"no complete answer within 0\.5 s"):
            get(connections, relay.host, path)
        assert time.monotonic() - begun < 3


@pytest.mark.parametrize(
    "most_bytes",
    [0, 10, 1000],
    ids=["nothing", "half a status", "half a body"],
)
def test_a_request_that_fails_is_not_sent_again(
    open_registry: Registry,
    most_bytes: int,
) -> None:
    [path] = fill(open_registry, 1)
    with Relay(open_registry.host) as relay:
        relay.most_bytes = most_bytes
        connections = Connections(relay.host, 5)
        with pytest.raises(ServiceError) as caught:
            get(connections, relay.host, path)
        message = str(caught.value)
        assert message.startswith(f"request to {relay.host} failed (")
        assert "\n" not in message
        assert relay.connections == 1
    assert open_registry.requests == [("GET", path)]


def test_a_registry_that_is_down_is_an_error_with_the_reason() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        _, port = unused.getsockname()
        host = f"127.0.0.1:{port}"
        connections = Connections(host, 5)
        with pytest.raises(ServiceError, match=r"failed \(.*Connection refused\): check the"):
            get(connections, host)


def test_the_body_of_an_error_is_read_up_to_a_limit(open_registry: Registry) -> None:
    page = b"x" * 3 * MEBIBYTE
    open_registry.server.answer = lambda _: Reply(404, page)
    host = open_registry.host
    connections = Connections(host, 5)
    for _ in range(2):  # the second time on a connection that is clean
        response = get(connections, host)
        assert len(response.body) == MEBIBYTE


def test_a_proxy_of_the_environment_is_used_with_its_login(
    open_registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Relay(open_registry.host) as proxy:
        monkeypatch.setenv("http_proxy", f"http://user:p%40ss@{proxy.host}")
        host = "registry.example:5000"
        response = get(Connections(host, 5), host)
        assert response.status == 404
    assert open_registry.requests == [("GET", TAGS)]
    request = proxy.sent.decode()
    assert request.startswith(f"GET http://{host}{TAGS} HTTP/1.1\r\n")
    login = base64.b64encode(b"user:p@ss").decode()
    assert f"proxy-authorization: Basic {login}\r\n" in request
    assert f"Host: {host}\r\n" in request


def test_a_host_that_needs_no_proxy_is_reached_directly(
    open_registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = open_registry.host
    monkeypatch.setenv("http_proxy", "127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    response = get(Connections(host, 5), host)
    assert response.status == 404
    monkeypatch.delenv("no_proxy")
    with pytest.raises(ServiceError, match="Connection refused"):
        get(Connections(host, 5), host)


def test_a_private_authority_is_trusted_if_ssl_cert_file_names_it(
    secure: SecureDockerRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"https://{secure.host}/v2/"
    distrustful = Connections(secure.host, 5)
    advice = "CERTIFICATE_VERIFY_FAILED.* a private CA: `export SSL_CERT_FILE=FILE`"
    with pytest.raises(ServiceError, match=advice):
        distrustful.request("GET", url, NOTHING)
    monkeypatch.setenv("SSL_CERT_FILE", secure.authority)
    trusting = Connections(secure.host, 5)
    response = trusting.request("GET", url, NOTHING)
    assert response.status == 401
    assert response.headers["www-authenticate"].startswith("Basic ")


def test_a_connection_with_tls_is_used_again(
    secure: SecureDockerRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", secure.authority)
    with Relay(secure.host) as relay:
        url = f"https://{relay.host}/v2/"
        connections = Connections(relay.host, 5)
        for _ in range(2):
            response = connections.request("GET", url, NOTHING)
            assert response.status == 401
        assert relay.connections == 1


def test_urllib3_is_imported_by_a_request_only() -> None:
    script = (
        "import sys, tasks.toolkit.clients.registry.api as api\n"
        "from tasks.toolkit.clients.registry.session import RegistrySession\n"
        "RegistrySession('127.0.0.1:9', True, None, 5)\n"
        "assert 'urllib3' not in sys.modules\n"
    )
    subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        check=True,
    )

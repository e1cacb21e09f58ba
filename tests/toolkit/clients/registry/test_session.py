"""Requests to a registry: tokens and connections are used again, and every answer is bounded."""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tasks.sandbox.server import Reply, Request, Server
from tasks.toolkit.clients.registry import connections
from tasks.toolkit.clients.registry.connections import RegistryResponse
from tasks.toolkit.clients.registry.session import RegistrySession, Unsupported, parse_json
from tasks.toolkit.console.waiting import run_parallel
from tasks.toolkit.core.errors import AccessDenied, ServiceError
from tasks.toolkit.core.secret import Secret

PROJECT = Path(__file__).parents[4]
LOGIN = ("me", Secret("hush-hush"))
BASIC = f"Basic {base64.b64encode(b'me:hush-hush').decode()}"


@contextmanager
def serving(answer: Callable[[Request], Reply]) -> Iterator[Server]:
    """Serve `answer` while the block runs."""
    server = Server(answer)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def get(session: RegistrySession, path: str = "tags/list") -> RegistryResponse:
    return session.send("GET", "a/b", path, (200, 404))


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep proxies of the machine out of the tests."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


class CountingServer(ThreadingHTTPServer):
    """Answers `{}` over connections that stay open, and counts both."""

    daemon_threads = True

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.clients: set[tuple[str, int]] = set()
        self.headers: dict[str, str] = {}  # of the last request

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(handler) -> None:  # noqa: N805
                self.requests.append(handler.path)
                self.clients.add(handler.client_address)
                self.headers = {name.lower(): value for name, value in handler.headers.items()}
                handler.send_response(200)
                handler.send_header("Content-Length", "2")
                handler.end_headers()
                handler.wfile.write(b"{}")

            def log_message(handler, *_: object) -> None:  # noqa: N805
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def counting() -> Iterator[CountingServer]:
    server = CountingServer()
    yield server
    server.shutdown()
    server.server_close()


def test_a_connection_is_used_again(counting: CountingServer) -> None:
    session = RegistrySession(counting.host, True, None, 5)
    for _ in range(3):
        assert get(session).status == 200
    assert len(counting.requests) == 3
    assert len(counting.clients) == 1


def test_a_connection_that_was_idle_is_not_used_again(
    counting: CountingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE_LIMIT", 0)
    session = RegistrySession(counting.host, True, None, 5)
    for _ in range(3):
        assert get(session).status == 200
    assert len(counting.clients) == 3


def test_one_session_serves_many_threads(counting: CountingServer) -> None:
    session = RegistrySession(counting.host, True, None, 5)
    calls = [partial(get, session, f"blobs/{number}") for number in range(40)]
    assert {answer.body for answer in run_parallel(calls)} == {b"{}"}
    assert sorted(counting.requests) == sorted(f"/v2/a/b/blobs/{number}" for number in range(40))


def bearer(request: Request, host: str, tokens: list[str]) -> Reply:
    """Answer as a registry with tokens; only the last token that was issued is valid."""
    if request.path == "/token":
        tokens.append(f"token-{len(tokens)}")
        assert request.headers["authorization"] == BASIC
        return Reply(200, {"token": tokens[-1]})
    if tokens and request.headers.get("authorization") == f"Bearer {tokens[-1]}":
        return Reply(200, {})
    challenge = f'Bearer realm="http://{host}/token",service="it"'
    return Reply(401, {}, {"WWW-Authenticate": challenge})


def test_a_token_is_used_again_until_the_registry_refuses_it() -> None:
    tokens: list[str] = []
    with serving(lambda request: bearer(request, server.host, tokens)) as server:
        session = RegistrySession(server.host, True, LOGIN, 5)
        for _ in range(3):
            assert get(session).status == 200
        assert tokens == ["token-0"]
        tokens.append("another")  # the first one has expired
        assert get(session).status == 200
        assert tokens == ["token-0", "another", "token-2"]


def test_each_scope_has_a_token_of_its_own() -> None:
    scopes: list[str] = []

    def answer(request: Request) -> Reply:
        if request.path == "/token":
            scopes.append(request.query["scope"])
            return Reply(200, {"access_token": "x"})
        if request.headers.get("authorization") == "Bearer x":
            return Reply(200, {})
        realm = f'Bearer realm="http://{server.host}/token",service="it"'
        return Reply(401, {}, {"WWW-Authenticate": realm})

    with serving(answer) as server:
        session = RegistrySession(server.host, True, LOGIN, 5)
        get(session)
        session.send("POST", "a/b", "blobs/uploads/", (200,), source="c/d")
        session.send("DELETE", "a/b", "manifests/1", (200,))
    assert scopes == [
        "repository:a/b:pull",
        "repository:a/b:pull,push repository:c/d:pull",
        "repository:a/b:pull,push,delete",
    ]


def test_a_registry_may_ask_for_the_password_itself() -> None:
    def answer(request: Request) -> Reply:
        if request.headers.get("authorization") == BASIC:
            return Reply(200, {})
        return Reply(401, {}, {"WWW-Authenticate": 'Basic realm="it"'})

    with serving(answer) as server:
        assert get(RegistrySession(server.host, True, LOGIN, 5)).status == 200
        with pytest.raises(AccessDenied, match="make the package public"):
            get(RegistrySession(server.host, True, None, 5))


def test_a_refused_token_and_an_unsupported_method_are_told_apart() -> None:
    reasons = {"errors": [{"code": "DENIED", "message": "no\nwrite_package"}, {"code": "X"}]}
    with serving(lambda request: Reply(405 if request.method == "DELETE" else 403, reasons)) as it:
        session = RegistrySession(it.host, True, LOGIN, 5)
        with pytest.raises(AccessDenied) as refused:
            get(session)
        assert "the registry refused the token: 403 (no write_package, X): " in str(refused.value)
        with pytest.raises(Unsupported, match="the registry answered 405"):
            session.send("DELETE", "a/b", "manifests/1", (200,))


def test_a_redirect_to_storage_is_followed_without_the_login() -> None:
    authorizations = []

    def store(request: Request) -> Reply:
        authorizations.append(request.headers.get("authorization"))
        return Reply(200, b"the blob")

    with serving(store) as storage:
        elsewhere = {"Location": f"http://{storage.host}/bucket/x?signature=a%2Fb"}

        def answer(request: Request) -> Reply:
            if request.headers.get("authorization") == BASIC:
                return Reply(307, headers=elsewhere)
            return Reply(401, {}, {"WWW-Authenticate": "Basic"})

        with serving(answer) as server:
            session = RegistrySession(server.host, True, LOGIN, 5)
            assert get(session, "blobs/x").body == b"the blob"
    assert authorizations == [None]


def test_a_redirect_without_end_is_an_error_and_a_change_is_not_redirected() -> None:
    paths: list[str] = []

    def answer(request: Request) -> Reply:
        paths.append(request.path)
        return Reply(302, headers={"Location": f"{request.path}x"})

    with serving(answer) as server:
        session = RegistrySession(server.host, True, None, 5)
        with pytest.raises(ServiceError, match="the registry answered 302"):
            get(session)
        assert len(paths) == 11
        with pytest.raises(ServiceError, match="the registry answered 302"):
            session.send("PUT", "a/b", "manifests/1", (201,), body=b"{}")
        assert len(paths) == 12


def test_a_location_at_another_host_gets_no_token() -> None:
    authorizations = []

    def other(request: Request) -> Reply:
        authorizations.append(request.headers.get("authorization"))
        return Reply(401, {}, {"WWW-Authenticate": "Basic"})

    with serving(other) as elsewhere, serving(lambda _: Reply(200, {})) as server:
        session = RegistrySession(server.host, True, LOGIN, 5)
        with pytest.raises(AccessDenied):
            session.send("PUT", "a/b", f"http://{elsewhere.host}/upload", (201,), body=b"x")
    assert authorizations == [None]


@pytest.mark.parametrize(
    "challenge", ["Bearer", 'Bearer realm="nowhere"', 'Bearer realm="http://["']
)
def test_a_challenge_that_leads_nowhere_is_an_error(challenge: str) -> None:
    reply = Reply(401, {}, {"WWW-Authenticate": challenge})
    with serving(lambda _: reply) as server, pytest.raises(ServiceError) as caught:
        get(RegistrySession(server.host, True, None, 5))
    assert f"request to {server.host} failed" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_json_without_end_is_an_error() -> None:
    with serving(lambda _: Reply(200, b"[" * 100_000)) as server:
        response = get(RegistrySession(server.host, True, None, 5))
    with pytest.raises(ServiceError, match="is not a JSON object"):
        parse_json(response, "a/b")


def raw_server(answer: Callable[[socket.socket], object]) -> tuple[str, list[bytes]]:
    """Serve connections on loopback with `answer`; return the host and the list of requests."""
    listening = socket.create_server(("127.0.0.1", 0))
    requests: list[bytes] = []

    def serve() -> None:
        while True:
            connection, _ = listening.accept()
            requests.append(connection.recv(9999))
            answer(connection)
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    return f"127.0.0.1:{listening.getsockname()[1]}", requests


def drip(head: bytes, connection: socket.socket) -> None:
    try:
        connection.sendall(head)
        for byte in b"HTTP/1.1 200 OK and so on and so on and so on":
            connection.sendall(bytes([byte]))
            time.sleep(0.2)
    except OSError:
        return


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"], ids=["the status", "the body"]
)
def test_an_answer_that_drips_in_is_bounded_as_a_whole(head: bytes) -> None:
    host, _ = raw_server(partial(drip, head))
    begun = time.monotonic()
    with pytest.raises(ServiceError, match=r"no complete answer within 0\.5 s"):
        get(RegistrySession(host, True, None, 0.5))
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"],
    ids=["nothing", "half a status", "half a body"],
)
def test_a_request_that_fails_is_not_sent_again(answer: bytes) -> None:
    host, requests = raw_server(lambda connection: connection.sendall(answer))
    with pytest.raises(ServiceError, match=f"request to {host} failed") as caught:
        get(RegistrySession(host, True, None, 5))
    assert "\n" not in str(caught.value)
    assert len(requests) == 1


def test_a_registry_that_is_down_is_an_error_with_the_reason() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(ServiceError, match=r"failed \(.*Connection refused\): check the"):
            get(RegistrySession(host, True, None, 5))


def test_the_body_of_an_error_is_read_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LARGEST_ERROR", 1)
    large = b"x" * 3 * connections.MEBIBYTE
    with serving(lambda _: Reply(404, large)) as server:
        session = RegistrySession(server.host, True, None, 5)
        assert len(get(session).body) == connections.MEBIBYTE
        assert len(get(session).body) == connections.MEBIBYTE  # on a connection that is clean


def test_a_proxy_of_the_environment_is_used_with_its_login(
    counting: CountingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://user:p%40ss@{counting.host}")
    assert get(RegistrySession("registry.example:5000", True, None, 5)).status == 200
    assert counting.requests == ["http://registry.example:5000/v2/a/b/tags/list"]
    login = base64.b64encode(b"user:p@ss").decode()
    assert counting.headers["proxy-authorization"] == f"Basic {login}"
    assert counting.headers["host"] == "registry.example:5000"


def test_a_host_that_needs_no_proxy_is_reached_directly(
    counting: CountingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert get(RegistrySession(counting.host, True, None, 5)).status == 200
    monkeypatch.delenv("no_proxy")
    with pytest.raises(ServiceError, match="Connection refused"):
        get(RegistrySession(counting.host, True, None, 5))


def openssl(folder: Path, *args: str) -> None:
    subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)


def make_certificate(folder: Path) -> None:
    """Make server.pem, signed by authority.pem, for 127.0.0.1."""
    new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-batch"]
    authority = ["-x509", "-subj", "/CN=private", "-keyout", "authority.key"]
    openssl(folder, *new, *authority, "-out", "authority.pem")
    openssl(folder, *new, "-subj", "/CN=it", "-keyout", "server.key", "-out", "server.csr")
    (folder / "names").write_text("subjectAltName = IP:127.0.0.1\n")
    signed = ["-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial"]
    request = ["x509", "-req", "-in", "server.csr", "-out", "server.pem", "-extfile", "names"]
    openssl(folder, *request, *signed)


def test_a_private_authority_is_trusted_if_ssl_cert_file_names_it(
    tmp_path: Path, counting: CountingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    counting.socket = context.wrap_socket(counting.socket, server_side=True)
    try:
        connections._tls.cache_clear()
        with pytest.raises(ServiceError, match="CERTIFICATE_VERIFY_FAILED"):
            get(RegistrySession(counting.host, False, None, 5))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        connections._tls.cache_clear()
        session = RegistrySession(counting.host, False, None, 5)
        assert get(session).status == 200
        assert get(session).status == 200
    finally:
        connections._tls.cache_clear()
    assert len(counting.clients) == 1


def test_urllib3_is_imported_by_a_request_only() -> None:
    script = (
        "import sys, tasks.toolkit.clients.registry.api as api\n"
        "from tasks.toolkit.clients.registry.session import RegistrySession\n"
        "RegistrySession('127.0.0.1:9', True, None, 5)\n"
        "assert 'urllib3' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=PROJECT, check=True)


def test_the_token_is_shown_nowhere() -> None:
    session = RegistrySession("127.0.0.1:9", True, LOGIN, 1)
    with pytest.raises(ServiceError) as caught:
        get(session)
    assert "hush" not in f"{caught.value} {session!r} {json.dumps(str(LOGIN))}"

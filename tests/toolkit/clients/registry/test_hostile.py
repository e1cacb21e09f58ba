"""Answers of a broken or hostile registry: one clear error each, bounded, never a traceback."""

from __future__ import annotations

import itertools
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tasks.sandbox.registry import Registry as SandboxRegistry
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.registry.api import Registry
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.clients.registry.session import RegistrySession
from tasks.toolkit.core.errors import ServiceError
from tasks.toolkit.core.secret import Secret

from ....docker_registry import SecureDockerRegistry
from ...manifests import chart_manifest
from .conftest import TOKEN
from .hostile import Chunks, answering

PROJECT = Path(__file__).parents[4]
OK = b"HTTP/1.1 200 OK\r\n"
STARTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nLocation: "
END = b"\r\n\r\n"
ASKED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: "
ANSWERS: dict[str, Chunks] = {
    "nothing": [],
    "garbage": [b"\x00\xff\x1b[2J\r\n\r\n"],
    "a wrong protocol": [b"SSH-2.0-x\r\n"],
    "a header without a colon": [OK + b"x" + END],
    "an endless header": [OK + b"X: " + b"x" * 100_000],
    "many headers": [OK + b"X: x\r\n" * 1000 + b"\r\n"],
    "a body that is cut short": [OK + b"Content-Length: 99" + END + b"{}"],
    "a length below zero": [OK + b"Content-Length: -1" + END + b"{"],
    "a length in words": [OK + b"Content-Length: much" + END + b"{"],
    "two lengths": [OK + b"Content-Length: 2\r\nContent-Length: 9" + END + b"{}"],
    "a huge length": [OK + b"Content-Length: 9" + b"9" * 30 + END + b"{}"],
    "chunks of garbage": [OK + b"Transfer-Encoding: chunked" + END + b"xyz\r\n\r\n"],
    "a chunk below zero": [OK + b"Transfer-Encoding: chunked" + END + b"-5\r\nab\r\n"],
    "no UTF-8": [OK + b"Content-Length: 4" + END + b"\xff\xfe\x00{"],
    "null": [OK + b"Content-Length: 4" + END + b"null"],
    "nested JSON": [OK + b"Content-Length: 90000" + END + b"[" * 90_000],
    "a type in an escape": [OK + b"Content-Type: \x1b[2J\r\nContent-Length: 2" + END + b"{}"],
    "status 103": [b"HTTP/1.1 103 Early Hints\r\n\r\n"],
    "status 999": [b"HTTP/1.1 999 x\r\nContent-Length: 0" + END],
    "a redirect to no address": [
        b"HTTP/1.1 302 F\r\nContent-Length: 0\r\nLocation: http://[" + END
    ],
    "a redirect to a file": [b"HTTP/1.1 302 F\r\nContent-Length: 0\r\nLocation: file:///x" + END],
    "a location at no address": [STARTED + b"http://[bad" + END],
    "a location with a login": [STARTED + b"http://a:b@127.0.0.1/" + END],
    "a location in Latin": [STARTED + b"/v2/\xe9" + END],
    "a location of a socket": [STARTED + b"http+unix://%2Fx/" + END],
    "a port too high": [STARTED + b"http://127.0.0.1:99999/" + END],
    "a realm elsewhere": [ASKED + b'Bearer realm="https://evil.example/"' + END],
    "a realm with a login": [ASKED + b'Bearer realm="http://a:b@127.0.0.1/"' + END],
    "a realm of a socket": [ASKED + b'Bearer realm="unix:///var/run/x"' + END],
    "a realm that is no address": [ASKED + b'Bearer realm="http://[bad"' + END],
    "a realm without quotes": [ASKED + b"Bearer realm=https://evil.example" + END],
}


def client_of(host: str, limit: float = 2) -> Registry:
    login = ("me", Secret(TOKEN))
    session = RegistrySession(host, plain_http=True, login=login, limit=limit)
    return Registry(session, Executor(dry_run=False))


def calls_of(registry: Registry, host: str) -> list[Callable[[], object]]:
    """Return a call of each kind of request."""
    reference = Reference(host, "a/b", "1.0.0")
    manifest = chart_manifest(b"x")
    return [
        lambda: registry.manifest(reference),
        lambda: registry.tags(reference),
        lambda: registry.archive(reference, manifest),
        lambda: registry.ensure_may_push("a/b"),
        lambda: registry.put_manifest(reference, manifest),
        lambda: registry.delete(reference, manifest.digest),
    ]


@pytest.mark.parametrize("name", ANSWERS)
def test_a_hostile_answer_is_one_clear_error_and_no_absence(name: str) -> None:
    with answering(ANSWERS[name]) as host:
        registry = client_of(host)
        errors = []
        for call in calls_of(registry, host):
            try:
                result = call()
            except ServiceError as error:
                errors.append(str(error))
            else:
                assert result is True, "a change that the registry confirmed"
    assert errors
    for message in errors:
        assert message.isprintable()
        assert TOKEN not in message
        assert len(message) < 1000


@pytest.mark.parametrize(
    "status",
    [b"HTTP/1.1 302 Found", b"HTTP/1.1 202 Accepted"],
    ids=["a redirect", "a location"],
)
def test_nothing_is_sent_from_https_to_http(
    secure: SecureDockerRegistry,
    open_registry: SandboxRegistry,
    monkeypatch: pytest.MonkeyPatch,
    status: bytes,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", secure.authority)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(secure.folder / "server.pem", secure.folder / "server.key")
    location = f"\r\nContent-Length: 0\r\nLocation: http://{open_registry.host}/v2/"
    with answering([status + location.encode() + END], tls) as host:
        session = RegistrySession(host, plain_http=False, login=None, limit=2)
        registry = Registry(session, Executor(dry_run=False))
        with pytest.raises(ServiceError, match="without TLS: refused"):
            if b"302" in status:
                registry.tags(Reference(host, "a/b"))
            else:
                registry.ensure_may_push("a/b")
    assert open_registry.requests == []


def lasting(*chunks: bytes) -> Iterator[bytes]:
    """Yield chunks, the last one again and again for a second: longer than the client waits."""
    yield from chunks
    end = time.monotonic() + 1
    while time.monotonic() < end:
        yield chunks[-1]
        time.sleep(0.001)


@pytest.mark.parametrize(
    "answer",
    [
        lasting(b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
        lasting(OK + b"\r\n", b""),
    ],
    ids=["interim answers", "an empty body"],
)
def test_an_answer_without_an_end_is_bounded_in_time(answer: Chunks) -> None:
    with answering(answer) as host:
        registry = client_of(host, limit=0.2)
        with pytest.raises(ServiceError, match="no complete answer within"):
            registry.tags(Reference(host, "a/b"))


class Endless:
    """A body of zeros that does not end."""

    def __iter__(self) -> Iterator[bytes]:
        yield OK + b"\r\n"
        yield from itertools.repeat(bytes(1 << 20))


READ_ENDLESS = """
import resource
from tests.toolkit.clients.registry.test_hostile import *
with answering(Endless()) as host:
    for call in calls_of(client_of(host, 30), host)[:3]:
        try:
            call()
        except ServiceError as error:
            print(error.what)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.thorough
def test_an_answer_is_bounded_in_size_and_memory() -> None:
    printed = subprocess.check_output(
        [sys.executable, "-c", READ_ENDLESS],
        cwd=PROJECT,
        text=True,
    )
    *errors, peak = printed.splitlines()
    assert errors == [
        "an answer is larger than 4 MiB",
        "an answer is larger than 4 MiB",
        "an answer is larger than 100 MiB",
    ]
    assert int(peak) < 200, "MiB"

"""A registry that answers oddly, or slowly, is said to do so in one line; what it did not say is never taken for an absence."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tasks.sandbox.server import Reply, Server
from tasks.toolkit.clients.registry.api import MANIFEST, Registry
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.core.errors import ServiceError

ODD_MANIFESTS: list[Any] = [
    {"layers": ["x"]}, {"layers": [{}]}, {"layers": [{"digest": 1}]}, {"layers": [{"digest": "../x"}]}, {"layers": [], "config": "x"},
    {"layers": {}}, {}, [], "x",
]  # fmt: skip


def asked(reply: Reply, ask: Callable[[Registry, Reference], object]) -> str:
    """Return what is said of a registry that answers everything with one reply."""
    server = Server(lambda _: reply)
    server.start()
    registry = Registry(server.host, plain_http=True, login=None, limit=5)
    try:
        with pytest.raises(ServiceError) as raised:
            ask(registry, Reference(server.host, "a/b", "1.0.0"))
    finally:
        server.stop()
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("said", ODD_MANIFESTS, ids=json.dumps)
def test_a_manifest_of_another_shape_is_no_chart(said: Any) -> None:
    told = asked(
        Reply(200, said, {"Content-Type": MANIFEST}),
        lambda registry, place: registry.manifest(place),
    )
    assert "is no chart" in told or "cannot be understood" in told


@pytest.mark.parametrize("tags", ["abc", [1, 2], {}, 5, [["1.0.0"]]], ids=json.dumps)
def test_tags_of_another_shape_are_none(tags: Any) -> None:
    assert "are no tags" in asked(
        Reply(200, {"tags": tags}), lambda registry, place: registry.tags(place)
    )


def test_tags_that_are_not_told_are_no_absence() -> None:
    assert "are no tags" in asked(Reply(200, {}), lambda registry, place: registry.tags(place))


@pytest.mark.parametrize(
    "challenge", ["Bearer", 'Bearer realm="nowhere"', 'Bearer realm="http://["']
)
def test_a_challenge_that_leads_nowhere_is_told(challenge: str) -> None:
    told = asked(
        Reply(401, {}, {"WWW-Authenticate": challenge}),
        lambda registry, place: registry.tags(place),
    )
    assert "could not be asked" in told


def test_json_without_end_cannot_be_understood() -> None:
    assert "cannot be understood" in asked(
        Reply(200, b"[" * 100_000), lambda registry, place: registry.tags(place)
    )


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"], ids=["the status", "the body"]
)
def test_an_answer_that_drips_in_is_bounded_as_a_whole(head: bytes) -> None:
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listening.accept()
        connection.recv(9999)
        try:
            connection.sendall(head)
            for byte in b"HTTP/1.1 200 OK and so on and so on and so on":
                connection.sendall(bytes([byte]))
                time.sleep(0.2)
        except OSError:
            return

    threading.Thread(target=serve, daemon=True).start()
    host, began = f"127.0.0.1:{listening.getsockname()[1]}", time.monotonic()
    with pytest.raises(ServiceError, match=r"no whole answer within 0\.5 s"):
        Registry(host, plain_http=True, login=None, limit=0.5).tags(Reference(host, "a/b"))
    assert time.monotonic() - began < 3

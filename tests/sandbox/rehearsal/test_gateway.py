"""What the gateway keeps of clients is bounded, and what it refuses is noted in a harmless form."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tasks.sandbox.rehearsal.gateway import MOST_CONNECTIONS, MOST_HOSTS, MOST_RECEIVED, Gateway
from tasks.sandbox.rehearsal.printable import one_line
from tasks.sandbox.server import Reply, Request

HEAD = b"POST http://registry.example/x HTTP/1.1\r\nHost: registry.example\r\n"


class Asked:
    """A gateway that runs, the hosts and bodies that it was asked for, and what it refused."""

    def __init__(self) -> None:
        self.requests = list[tuple[str, bytes]]()
        self.refused = list[str]()
        self.gateway = Gateway(self._answer, self.refused.append)
        self.gateway.start()

    def _answer(self, host: str, request: Request) -> Reply:
        self.requests.append((host, request.body))
        return Reply(200, b"answered")

    def send(self, content: bytes) -> bytes:
        """Return the beginning of what the gateway sends back."""
        with socket.create_connection(("127.0.0.1", self.gateway.port), timeout=10) as client:
            client.sendall(content)
            return client.recv(1 << 16)


@pytest.fixture
def asked() -> Iterator[Asked]:
    """A gateway on a port."""
    asked = Asked()
    yield asked
    asked.gateway.stop()


def test_a_request_gets_an_answer(asked: Asked) -> None:
    assert b"200 OK" in asked.send(HEAD + b"Content-Length: 2\r\n\r\nhi")
    assert asked.requests == [("registry.example", b"hi")]


@pytest.mark.parametrize(
    "size",
    [
        f"Content-Length: {MOST_RECEIVED + 1}\r\n\r\n",
        "Content-Length: -1\r\n\r\n",
        f"Transfer-Encoding: chunked\r\n\r\n{MOST_RECEIVED + 1:x}\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
    ],
)
def test_a_body_that_is_too_large_is_not_read(asked: Asked, size: str) -> None:
    assert b"200 OK" not in asked.send(HEAD + size.encode())
    assert asked.requests == []
    assert asked.refused == ["more than 512 MiB of uploads"]


def test_all_bodies_together_have_a_limit(asked: Asked) -> None:
    for _ in range(3):
        asked.gateway.admit(MOST_RECEIVED // 4)
    assert b"200 OK" in asked.send(HEAD + b"Content-Length: 2\r\n\r\nhi")
    refused = asked.send(HEAD + f"Content-Length: {MOST_RECEIVED // 4}\r\n\r\n".encode())
    assert b"200 OK" not in refused
    assert asked.refused == ["more than 512 MiB of uploads"]


@pytest.mark.thorough
def test_connections_at_a_time_have_a_limit(asked: Asked) -> None:
    clients = []
    for _ in range(MOST_CONNECTIONS + 1):
        clients.append(socket.create_connection(("127.0.0.1", asked.gateway.port), timeout=10))
    assert clients[-1].recv(1) == b""
    for client in clients:
        client.close()
    assert asked.refused == [f"more than {MOST_CONNECTIONS} connections at a time"]


def test_certificates_have_a_limit(asked: Asked) -> None:
    for number in range(MOST_HOSTS):
        asked.gateway.authority.context_of(f"host{number}.example")
    asked.send(b"CONNECT one-more.example:443 HTTP/1.1\r\n\r\n")
    with pytest.raises(ValueError, match="hosts"):
        asked.gateway.authority.context_of("another.example")


def test_text_is_one_line_that_steers_nothing() -> None:
    assert one_line("a\nb\tc\x1b[31md\u202ee\u2028f") == "a b c [31md e f"
    assert one_line("x" * 300) == "x" * 199 + "…"
    assert one_line("  größer als 1 €  ") == "  größer als 1 €"

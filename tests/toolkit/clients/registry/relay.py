"""A relay between a client and a registry, as the network is: it may be slow, or break."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Self

PAUSE = 0.2  # seconds between the bytes of a slow answer


class Relay(ThreadingTCPServer):
    """Passes the bytes of each connection to the registry at `target`, and its answers back.

    `connections` counts them, `sent` is what all clients sent. Of each connection's answers, only
    the first `fast_bytes` bytes pass at once, and none after the first `most_bytes`.
    """

    daemon_threads = True

    def __init__(self, target: str) -> None:
        address, _, port = target.rpartition(":")
        self.target = (address, int(port))
        self.connections = 0
        self.sent = b""
        self.fast_bytes = 1 << 30
        self.most_bytes = 1 << 30
        super().__init__(("127.0.0.1", 0), _Connection)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """Ignore clients that closed the connection."""


class _Connection(BaseRequestHandler):
    server: Relay
    request: socket.socket

    def handle(self) -> None:
        self.server.connections += 1
        with socket.create_connection(self.server.target) as registry:
            sending = threading.Thread(
                target=self.pass_requests,
                args=(registry,),
                daemon=True,
            )
            sending.start()
            self.pass_answers(registry)

    def pass_requests(self, registry: socket.socket) -> None:
        for data in _received(self.request):
            self.server.sent += data
            registry.sendall(data)

    def pass_answers(self, registry: socket.socket) -> None:
        passed = 0
        for data in _received(registry):
            for byte in data:
                if passed >= self.server.most_bytes:
                    return
                if passed >= self.server.fast_bytes:
                    time.sleep(PAUSE)
                self.request.sendall(bytes([byte]))
                passed += 1


def _received(connection: socket.socket) -> Iterator[bytes]:
    """Yield what arrives until the connection is closed, by whichever side."""
    while True:
        try:
            data = connection.recv(65536)
        except OSError:
            return
        if not data:
            return
        yield data

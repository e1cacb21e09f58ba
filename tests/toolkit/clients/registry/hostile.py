"""A server that answers every request with the same bytes, whatever they are."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer

Chunks = Iterable[bytes]


class _Server(ThreadingTCPServer):
    daemon_threads = True
    answer: Chunks = ()

    def handle_error(self, *_: object) -> None:
        """Ignore clients that closed the connection."""


class _Handler(StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        length = 0
        for line in iter(self.rfile.readline, b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line[15:])
        self.rfile.read(length)
        for chunk in self.server.answer:
            self.wfile.write(chunk)


@contextmanager
def answering(answer: Chunks, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve an answer, made of chunks, on a port of loopback; give the address."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.answer = answer
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()

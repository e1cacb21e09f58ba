"""One HTTP/1.1 server for all services of the sandbox."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TLS_HANDSHAKE = b"\x16"
LONGEST_SIZE = 1 << 10  # bytes of the line before a chunk
JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """A request. `path` is decoded and has no query; the keys of `headers` are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body parsed as JSON; an empty body is an empty object."""
        return json.loads(self.body or b"{}")


@dataclass(frozen=True)
class Reply:
    """A reply. A `body` of bytes is sent unchanged, anything else as JSON."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        """The type of the body; bytes have none unless `headers` has it."""
        default = "" if isinstance(self.body, bytes) else JSON_TYPE
        return self.headers.get("Content-Type", default)


class Server(ThreadingTCPServer):
    """Serve `answer` in threads, on a loopback port or on the unix socket `path`."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    @classmethod
    def handlers(cls) -> tuple[type[Handler], type[Handler]]:
        """Return what handles the connections of a unix socket, and those of a port."""
        return Handler, PortHandler

    def __init__(
        self,
        answer: Callable[[Request], Reply],
        path: Path | None = None,
        port: int = 0,
    ) -> None:
        """Bind the address; port 0 is any free port. `start` begins to serve.

        Each answer takes `latency` seconds more.
        """
        self.answer = answer
        self.latency = 0.0
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        on_socket, on_port = self.handlers()
        if path:
            self.address_family = socket.AF_UNIX
            super().__init__(str(path), on_socket)  # type: ignore[arg-type]
        else:
            super().__init__(("127.0.0.1", port), on_port)

    @property
    def host(self) -> str:
        """The address of a server on a port, such as 127.0.0.1:8080."""
        return f"127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """The port of a server on one."""
        return int(self.server_address[1])

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and free the address."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """Ignore clients that closed the connection."""


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def handle(self) -> None:
        """Serve one connection; helm tries TLS first and falls back on plain HTTP."""
        if self.rfile.peek(1)[:1] == TLS_HANDSHAKE:  # type: ignore[attr-defined]
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        else:
            super().handle()

    def respond(self) -> None:
        """Answer one request. A ConnectionError breaks the connection in mid-answer."""
        try:
            request = self.read_request()
            time.sleep(self.server.latency)
            reply = self.server.answer(request)
        except ConnectionError:
            self.wfile.write(b"HTTP/1.1 2")
            self.close_connection = True
            return
        except Exception as error:
            reply = Reply(500, {"message": f"the sandbox failed: {error!r}"})
        self._send(reply)

    do_DELETE = do_GET = do_HEAD = do_PATCH = do_POST = do_PUT = respond  # noqa: N815

    def read_request(self) -> Request:
        """Return the request whose head was read."""
        url = urlsplit(self.path)
        parameters = parse_qs(url.query, keep_blank_values=True)
        query = {key: " ".join(values) for key, values in parameters.items()}
        headers = {key.lower(): value for key, value in self.headers.items()}
        body = self._read_body(headers)
        return Request(self.command, unquote(url.path), query, headers, body)

    def admit(self, size: int) -> None:
        """Let a client send so many bytes. A ConnectionError refuses them."""

    def _read_body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            size = int(headers.get("content-length", 0))
            self.admit(size)
            return self.rfile.read(size)
        chunks = []
        while size := int(self.rfile.readline(LONGEST_SIZE).partition(b";")[0], 16):
            self.admit(size)
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _send(self, reply: Reply) -> None:
        body = reply.body
        headers = dict(reply.headers)
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers["Content-Type"] = reply.content_type
        if reply.status != 204:
            headers.setdefault("Content-Length", str(len(body)))
        headers.setdefault("Date", self.date_time_string())
        self.send_response_only(reply.status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing, so that only the user's commands appear on the screen."""


class PortHandler(Handler):
    """Answers the requests of one connection to a port."""

    disable_nagle_algorithm = True  # unix sockets have no such option

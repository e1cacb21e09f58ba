"""One HTTP/1.1 server for the sandbox's services, on a loopback port or on a unix socket."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Request:
    """What a client asked. `path` is decoded and has no query; `headers` keys are lower case."""

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
    """What a service answers; `body` as bytes is sent as it is, anything else as JSON."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class _Threading(ThreadingMixIn, HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def server_bind(self) -> None:
        # HTTPServer's own bind looks the host's name up, which a socket path has not and loopback needs not.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore it: a client that went away is no event here."""


class _Unix(_Threading):
    address_family = socket.AF_UNIX


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: Server

    def handle_one_request(self) -> None:
        # A TLS greeting: helm tries that first, and takes the answer for a hint.
        if self.rfile.peek(1)[:1] == b"\x16":  # type: ignore[attr-defined]
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            self.close_connection = True
            return
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        url = urlsplit(self.path)
        headers = {key.lower(): value for key, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        query = dict[str, str]()
        for key, value in parse_qsl(url.query, keep_blank_values=True):
            query[key] = f"{query[key]} {value}" if key in query else value  # scopes come like that
        try:
            reply = self.service.answer(Request(self.command, unquote(url.path), query, headers, body))
        except ConnectionError:  # a service that hangs up in the middle of its answer
            self.wfile.write(b"HTTP/1.1 2")
            self.close_connection = True
            return
        except Exception as error:  # a fault of the sandbox must be seen
            reply = Reply(500, {"message": f"the sandbox failed: {error!r}"})
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        body, headers = reply.body, dict(reply.headers)
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json; charset=utf-8")
        self.send_response(reply.status)
        for key, value in headers.items():
            self.send_header(key, value)
        if "Content-Length" not in headers and reply.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Be silent: the drill's screen belongs to the person."""


class Server:
    """Serve `answer` from a thread: on a free loopback port, or on the unix socket `path`."""

    def __init__(self, answer: Callable[[Request], Reply], path: Path | None = None, port: int = 0) -> None:
        """Bind at once, so that the address is known; `start` begins to serve."""
        self.answer = answer
        # A unix socket knows no Nagle.
        handler = type("Handler", (_Handler,), {"service": self, "disable_nagle_algorithm": path is None})
        self._http = _Unix(str(path), handler) if path else _Threading(("127.0.0.1", port), handler)  # type: ignore[arg-type]
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def host(self) -> str:
        """`127.0.0.1:PORT`; of use for a server on a port only."""
        return f"127.0.0.1:{self._http.server_address[1]}"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and free the address."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()

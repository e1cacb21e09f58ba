"""The only network of a rehearsal: a proxy that answers in the place of every host.

It ends TLS with certificates of its own: https://trustme.readthedocs.io
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trustme

from ..server import Handler, Reply, Request, Server

MOST_RECEIVED = 512 << 20  # bytes of all requests together, which are kept in memory
HEAD = 1 << 10  # bytes that a request without a body counts, beside its path
MOST_CONNECTIONS = 256  # at a time; each has a thread
MOST_HOSTS = 100  # with a certificate
GONE = (ConnectionError, ssl.SSLEOFError)  # a client that ended the connection by itself
Answer = Callable[[str, Request], Reply]  # gets the host, such as ghcr.io or 127.0.0.1:5000
NoteRefusal = Callable[[str], None]  # gets what cannot be answered, such as https://example.com


class Authority:
    """A certificate authority that issues a certificate for each host when it is needed."""

    def __init__(self) -> None:
        self._authority = trustme.CA()
        self._contexts = dict[str, ssl.SSLContext]()
        self._lock = threading.Lock()

    def write(self, file: Path) -> None:
        """Write the certificate of the authority, which clients have to trust."""
        self._authority.cert_pem.write_to_path(str(file))

    def context_of(self, host: str) -> ssl.SSLContext:
        """Return what serves TLS under the name of a host. Raises ValueError if it cannot."""
        with self._lock:
            if host not in self._contexts:
                if len(self._contexts) >= MOST_HOSTS:
                    raise ValueError(f"more than {MOST_HOSTS} hosts")
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self._authority.issue_cert(host).configure_cert(context)
                self._contexts[host] = context
            return self._contexts[host]


class Gateway(Server):
    """A proxy on the unix socket `path`, or on a loopback port, for HTTP and HTTPS.

    `answer_for` answers the requests for a host. Clients that do not trust `authority`, or do not
    speak HTTP, are refused; `note_refusal` is told which host they wanted.
    """

    def __init__(
        self,
        answer_for: Answer,
        note_refusal: NoteRefusal,
        path: Path | None = None,
    ) -> None:
        super().__init__(self._answer, path)
        self.authority = Authority()
        self.note_refusal = note_refusal
        self._answer_for = answer_for
        self._lock = threading.Lock()
        self._received = 0
        self._slots = threading.BoundedSemaphore(MOST_CONNECTIONS)

    @classmethod
    def handlers(cls) -> tuple[type[Handler], type[Handler]]:
        """Return what handles the connections of a unix socket, and those of a port."""
        return _GatewayHandler, _GatewayHandler

    def admit(self, size: int) -> None:
        """Count bytes that a client is about to send. Raises ConnectionError if they are many."""
        with self._lock:
            fits = 0 <= size <= MOST_RECEIVED - self._received
            if fits:
                self._received += size
        if not fits:
            self.note_refusal(f"more than {MOST_RECEIVED >> 20} MiB of uploads")
            raise ConnectionError

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread, if there are not too many."""
        if self._slots.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        self.note_refusal(f"more than {MOST_CONNECTIONS} connections at a time")
        self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def _answer(self, request: Request) -> Reply:
        host = request.headers.get("host", "")
        return self._answer_for(host.removesuffix(":443").removesuffix(":80"), request)


class _GatewayHandler(Handler):
    server: Gateway
    tunnel = ""  # the host and port to which the client is connected

    def do_CONNECT(self) -> None:  # noqa: N802
        """Answer in the place of the host that the client wants to be connected to."""
        self.tunnel = self.path
        host = self.path.rpartition(":")[0].strip("[]")
        self.send_response_only(200)
        self.end_headers()
        try:
            context = self.server.authority.context_of(host)
            self.connection = context.wrap_socket(self.connection, server_side=True)
        except (OSError, ValueError) as error:  # ValueError: no name for a certificate
            reason = "no HTTPS that trusts the rehearsal"
            if not isinstance(error, OSError):
                reason = "no certificate for it"
            if not isinstance(error, GONE):
                self.server.note_refusal(f"{self.tunnel} ({reason})")
            self.close_connection = True
            return
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)

    def read_request(self) -> Request:
        """Return the request; its header `host` is the host that the client is connected to."""
        self.admit(HEAD + len(self.path))
        if self.tunnel:
            del self.headers["Host"]
            self.headers["Host"] = self.tunnel
            self.headers["X-Forwarded-Proto"] = "https"
        return super().read_request()

    def admit(self, size: int) -> None:
        """Count bytes of the client. Raises ConnectionError."""
        self.server.admit(size)

    def finish(self) -> None:
        """End the connection, also one with TLS."""
        super().finish()
        self.connection.close()

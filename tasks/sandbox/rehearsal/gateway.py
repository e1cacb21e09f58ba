"""The only network of a rehearsal: a proxy that answers in the place of every host.

It ends TLS with certificates of its own: https://trustme.readthedocs.io
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import trustme

from ..server import Handler, Reply, Request, Server

BIGGEST_BODY = 256 << 20  # bytes; a request is kept in memory
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
        """Return what serves TLS under the name of a host."""
        with self._lock:
            if host not in self._contexts:
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

    @classmethod
    def handlers(cls) -> tuple[type[Handler], type[Handler]]:
        """Return what handles the connections of a unix socket, and those of a port."""
        return _GatewayHandler, _GatewayHandler

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
            if not isinstance(error, GONE):
                self.server.note_refusal(f"{self.tunnel} (no HTTPS that trusts the rehearsal)")
            self.close_connection = True
            return
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)

    def read_request(self) -> Request:
        """Return the request; its header `host` is the host that the client is connected to."""
        size = int(self.headers.get("content-length", 0))
        if size > BIGGEST_BODY:
            self.server.note_refusal(f"{self.headers['host']} ({size >> 20} MiB in one request)")
            raise ConnectionError
        if self.tunnel:
            del self.headers["Host"]
            self.headers["Host"] = self.tunnel
            self.headers["X-Forwarded-Proto"] = "https"
        return super().read_request()

    def finish(self) -> None:
        """End the connection, also one with TLS."""
        super().finish()
        self.connection.close()

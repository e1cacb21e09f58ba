"""HTTP to a registry: connections are kept alive, and answers are bounded in time and size."""

from __future__ import annotations

import io
import re
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ...console.requests import asking
from ...console.waiting import in_background
from ...core.errors import PassingFault, ServiceError
from ..certificates import PRIVATE_CA
from .pools import make_pool, proxy_for
from .trust import Origin

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

MEBIBYTE = 1 << 20
LARGEST_ANSWER = 4 * MEBIBYTE  # unless more is asked for
LARGEST_ERROR = MEBIBYTE
REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 10
IDLE_LIMIT = 4.0  # seconds; servers close a connection that was idle for 5 or more


@dataclass(frozen=True)
class RegistryResponse:
    """What a registry answered, whatever the status. Names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connections:
    """The connections to the registry at `host` and to its storage. Thread-safe.

    No answer may take longer than `limit` seconds. A connection that was idle for `idle_limit`
    seconds is not used again.
    """

    def __init__(
        self,
        host: str,
        limit: float,
        idle_limit: float = IDLE_LIMIT,
    ) -> None:
        self._host = host
        self._limit = limit
        self._idle_limit = idle_limit
        self._pools: dict[tuple[str, str], PoolManager] = {}  # by scheme and proxy
        self._proxies: dict[tuple[str, str], str] = {}  # by scheme and host
        self._pools_lock = threading.Lock()
        self._last_used = 0.0

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        most_bytes: int = LARGEST_ANSWER,
    ) -> RegistryResponse:
        """Send one request, never twice, and return the answer. Raises ServiceError.

        A redirect of a GET is followed without the credentials, but not from https to http.
        """
        import urllib3  # 100 ms that only a request needs  # noqa: PLC0415

        # A thread bounds the whole answer: a socket's timeout restarts with every byte.
        future = in_background(lambda: self._follow(method, url, headers, body, most_bytes))
        try:
            with asking(self._host, f"{method} {urlsplit(url).path}"):
                return future.result(self._limit)
        except (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
            what = f"request to {self._host} failed ({self._describe(error)})"
            advice = _advice(_root(error))
            aborted = urllib3.exceptions.ProtocolError
            if isinstance(_root(error), (aborted, ConnectionError, socket.gaierror)):
                raise PassingFault(what, advice) from error
            raise ServiceError(what, advice) from error

    def _describe(self, error: BaseException) -> str:
        error = _root(error)
        if isinstance(error, TimeoutError):
            return f"no complete answer within {self._limit:g} s"
        return str(error) or type(error).__name__

    def _follow(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        most_bytes: int,
    ) -> RegistryResponse:
        response = self._send(method, url, headers, body, most_bytes)
        headers = {name: value for name, value in headers.items() if name != "Authorization"}
        for _ in range(MOST_REDIRECTS):
            location = response.headers.get("location")
            if method != "GET" or response.status not in REDIRECTS or not location:
                break
            target = urljoin(url, location)
            Origin.of(url).ensure_no_downgrade(target)
            url = target
            response = self._send(method, url, headers, None, most_bytes)
        return response

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        most_bytes: int,
    ) -> RegistryResponse:
        Origin.of(url)
        answer = self._pool(url).urlopen(
            method,
            url,
            headers=headers,
            body=body,
            timeout=self._limit,
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
        )
        with answer:
            content = _read(answer, most_bytes)
            return RegistryResponse(answer.status, _first_values(answer), content)

    def _pool(self, url: str) -> PoolManager:
        """Return the connections for a URL, without those that a server may be about to close."""
        parts = urlsplit(url)
        origin = parts.scheme, parts.netloc
        if origin not in self._proxies:  # looking through the environment takes its time
            self._proxies[origin] = proxy_for(url)
        key = parts.scheme, self._proxies[origin]
        with self._pools_lock:
            now = time.monotonic()
            if now - self._last_used > self._idle_limit:
                for pool in self._pools.values():
                    pool.clear()
            self._last_used = now
            if key not in self._pools:
                self._pools[key] = make_pool(*key)
            return self._pools[key]


def _advice(error: BaseException) -> str:
    pattern, _, advice = PRIVATE_CA
    if re.search(pattern, str(error)):
        return advice
    return "check the network, REGISTRY and PLAIN_HTTP, then run it again"


def _root(error: BaseException) -> BaseException:
    """Return the reason of an error, which urllib3 wraps."""
    while error.__cause__:
        error = error.__cause__
    return error


def _first_values(answer: BaseHTTPResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in answer.headers.items():
        headers.setdefault(name.lower(), value)
    return headers


def _read(answer: BaseHTTPResponse, most_bytes: int) -> bytes:
    """Return the body; of an error at most its beginning. Raises ServiceError."""
    is_error = answer.status >= 300
    largest = LARGEST_ERROR if is_error else most_bytes
    body = io.BytesIO()  # its value is no second copy
    for chunk in answer.stream(MEBIBYTE):
        body.write(chunk)
        if body.tell() <= largest:
            continue
        if is_error:
            body.truncate(largest)
            break
        raise ServiceError(f"an answer is larger than {largest // MEBIBYTE} MiB", "it is not read")
    return body.getvalue()

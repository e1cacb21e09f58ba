"""The registry's own API, for what helm does not tell: which bytes stand under a reference, and who may read them.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md and, for the tokens,
https://distribution.github.io/distribution/spec/auth/token/. An answer that does not say is an error, never an absence.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import tarfile
import zlib
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

import yaml

from .errors import AccessDenied, ServiceError
from .reference import Reference
from .secret import Secret

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
MEBIBYTE = 1 << 20
LARGEST = 256 * MEBIBYTE


@dataclass(frozen=True)
class Manifest:
    """A manifest as the registry serves it: its `digest`, and the digest of the layer that is the chart's archive."""

    digest: str
    layer: str


class _Redirects(HTTPRedirectHandler):
    """Follow a blob's redirect to its storage without taking the credentials there."""

    def redirect_request(self, *args: Any) -> Request | None:
        request = super().redirect_request(*args)
        if request:
            request.remove_header("Authorization")
        return request


class Registry:
    """The API of the registry at `host`; `login` is (user, token), or None to ask as anybody. `limit` is in seconds."""

    def __init__(self, host: str, *, plain_http: bool, login: tuple[str, Secret] | None, limit: float) -> None:
        self.host, self._limit = host, limit
        self._base = f"{'http' if plain_http else 'https'}://{host}"
        self._basic = f"Basic {base64.b64encode(f'{login[0]}:{login[1].reveal()}'.encode()).decode()}" if login else ""
        self._bearer: dict[str, str] = {}
        self._opener = build_opener(_Redirects)

    def manifest(self, reference: Reference) -> Manifest | None:
        """Return the manifest under the reference's tag, or None when there certainly is none. Raises AccessDenied, ServiceError."""
        body = self._get(reference.repository, f"manifests/{reference.tag}", accept=MANIFEST)
        if body is None:
            return None
        layers = json.loads(body).get("layers", [])
        layer = next((layer["digest"] for layer in layers if layer.get("mediaType") == CHART_LAYER), "")
        return Manifest(f"sha256:{hashlib.sha256(body).hexdigest()}", layer)

    def archive(self, reference: Reference, manifest: Manifest) -> bytes:
        """Return the chart's archive, its digest checked."""
        body = self._get(reference.repository, f"blobs/{manifest.layer}") if manifest.layer else None
        if body is None or f"sha256:{hashlib.sha256(body).hexdigest()}" != manifest.layer:
            raise ServiceError(f"{reference} holds no chart that could be read whole", "look at it with `helm pull`")
        return body

    def tags(self, reference: Reference) -> list[str] | None:
        """Return every tag of the repository, or None when the registry has no such repository."""
        found: list[str] = []
        last = ""
        while True:
            query = urlencode({"n": 1000} | ({"last": last} if last else {}))
            body = self._get(reference.repository, f"tags/list?{query}")
            if body is None:
                return found or None
            page: list[str] = json.loads(body).get("tags") or []
            if not page or page[-1] == last:
                return found
            found, last = found + page, page[-1]

    def _get(self, repository: str, path: str, accept: str = "*/*") -> bytes | None:
        url = f"{self._base}/v2/{repository}/{path}"
        status, headers, body = self._ask(url, accept, self._bearer.get(repository, ""))
        if status == 401:
            self._bearer[repository] = self._authorization(headers.get("WWW-Authenticate", ""), repository)
            status, headers, body = self._ask(url, accept, self._bearer[repository])
        if status == 404:
            return None
        if status != 200:
            raise self._error(status, f"{self.host}/{repository}", body)
        return body

    def _ask(self, url: str, accept: str, authorization: str) -> tuple[int, Message, bytes]:
        request = Request(url, headers={"Accept": accept} | ({"Authorization": authorization} if authorization else {}))  # noqa: S310
        try:
            with self._opener.open(request, timeout=self._limit) as answer:
                return answer.status, answer.headers, answer.read(LARGEST)
        except HTTPError as error:
            return error.code, error.headers, error.read(MEBIBYTE)
        except (URLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise ServiceError(
                f"{self.host} could not be asked ({reason})", "check the network, REGISTRY and PLAIN_HTTP, then run it again"
            ) from error

    def _authorization(self, challenge: str, repository: str) -> str:
        """Answer a 401's challenge: with Basic, or with a token from the realm that it names, for pulling."""
        if not challenge.lower().startswith("bearer"):
            if not self._basic:
                raise self._error(401, f"{self.host}/{repository}", b"")
            return self._basic
        said = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        query = urlencode({"service": said.get("service", ""), "scope": f"repository:{repository}:pull"})
        status, _, body = self._ask(f"{said.get('realm', '')}?{query}", "application/json", self._basic)
        if status != 200:
            raise self._error(status, f"{self.host}/{repository}", body)
        answer = json.loads(body)
        return f"Bearer {answer.get('token') or answer.get('access_token')}"

    def _error(self, status: int, what: str, body: bytes) -> ServiceError:
        try:
            reason = ", ".join(error.get("message") or error.get("code", "") for error in json.loads(body)["errors"])
        except (ValueError, KeyError, TypeError, AttributeError):
            reason = ""
        told = f"{what}: the registry answered {status}{f' ({reason})' if reason else ''}"
        if status in (401, 403):
            return AccessDenied(
                told, "the token was refused" if self._basic else "it may not be read without a login: make the package public"
            )
        return ServiceError(told, "run the same command again in a minute")


def contents(archive: bytes) -> dict[str, str]:
    """Return what a chart's archive holds: file names and digests, without times and the order in which helm wrote them.

    Chart.yaml and Chart.lock are compared by what they say: Helm 3 and 4 write the same chart's keys differently.
    """
    found = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            for member in tar:
                stream = tar.extractfile(member)
                if stream:
                    found[member.name] = hashlib.sha256(_said(member.name, stream.read())).hexdigest()
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ServiceError("what the registry holds is not a chart's archive", "look at it with `helm pull`") from error
    return found


def _said(name: str, data: bytes) -> bytes:
    if not name.endswith(("/Chart.yaml", "/Chart.lock")):
        return data
    said = yaml.safe_load(data) or {}
    return json.dumps({key: value for key, value in said.items() if value and key != "generated"}, sort_keys=True, default=str).encode()

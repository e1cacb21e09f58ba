"""The registry's own API, for what helm does not tell or do: which bytes stand under a reference, and who may read them.

An answer that does not say is an error, never an absence.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from urllib.parse import urlencode

from ...core.errors import ServiceError
from .reference import Reference
from .session import RegistryResponse, RegistrySession

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DIGEST = r"sha\d+:[0-9a-f]{64,128}"
CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"


@dataclass(frozen=True)
class Manifest:
    """A manifest as the registry serves it: its `body`, media type, and `digest`."""

    body: bytes
    kind: str

    @property
    def digest(self) -> str:
        """The digest by which a registry knows it."""
        return digest_of(self.body)

    @property
    def blobs(self) -> list[str]:
        """The digests of what it is made of: config and layers."""
        said = json.loads(self.body)
        return [part["digest"] for part in (said.get("config"), *said.get("layers", [])) if part]

    @property
    def layer(self) -> str:
        """The digest of the layer that is the chart's archive; nothing when there is none."""
        layers = json.loads(self.body).get("layers", [])
        return next(
            (str(layer["digest"]) for layer in layers if layer.get("mediaType") == CHART_LAYER), ""
        )


def digest_of(body: bytes) -> str:
    """Return the digest of bytes: https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


class Registry(RegistrySession):
    """The API of one registry."""

    def manifest(self, reference: Reference) -> Manifest | None:
        """Return the manifest under the reference's tag, or None when there certainly is none. Raises AccessDenied, ServiceError."""
        answer = self.send(
            "GET", reference.repository, f"manifests/{reference.tag}", headers={"Accept": MANIFEST}
        )
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise self.error(answer, str(reference))
        said = self.parsed(answer, str(reference))
        layers, config = said.get("layers"), said.get("config")
        parts = [*layers, *[config] * bool(config)] if isinstance(layers, list) else [None]
        if not all(
            isinstance(part, dict) and re.fullmatch(DIGEST, str(part.get("digest")))
            for part in parts
        ):
            raise ServiceError(f"{reference} is no chart", "look at it with `helm show chart`")
        return Manifest(answer.body, answer.headers.get("Content-Type", MANIFEST))

    def blob(self, repository: str, digest: str) -> bytes:
        """Return a blob, its digest checked. Raises ServiceError."""
        answer = self._get(repository, f"blobs/{digest}")
        if answer is None or digest_of(answer.body) != digest:
            raise ServiceError(
                f"{self.host}/{repository} does not give {digest} whole",
                "run the same command again; if it stays so, it is corrupt",
            )
        return answer.body

    def archive(self, reference: Reference, manifest: Manifest) -> bytes:
        """Return the chart's archive, its digest checked."""
        if not manifest.layer:
            raise ServiceError(f"{reference} holds no chart", "look at it with `helm pull`")
        return self.blob(reference.repository, manifest.layer)

    def tags(self, reference: Reference) -> list[str] | None:
        """Return every tag of the repository, or None when the registry has no such repository."""
        found: list[str] = []
        last = ""
        while True:
            query = urlencode({"n": 1000} | ({"last": last} if last else {}))
            answer = self._get(reference.repository, f"tags/list?{query}")
            if answer is None:
                return found or None
            page = self.parsed(answer, reference.oci).get("tags", 0)
            if page is None:  # as registries written in Go say that there are none
                page = []
            if not isinstance(page, list) or not all(isinstance(tag, str) for tag in page):
                raise ServiceError(
                    f"{reference.oci}: the registry answered what are no tags",
                    "run the same command again in a minute",
                )
            if not page or page[-1] == last:
                return found
            found, last = found + page, page[-1]

    def delete(self, reference: Reference, digest: str) -> None:
        """Delete a manifest, under whichever tags it stands; what is gone already is no error. Raises Unsupported where that cannot be."""
        answer = self.send("DELETE", reference.repository, f"manifests/{digest}")
        if answer.status not in (200, 202, 204, 404):
            raise self.error(answer, str(reference))

    def put(self, reference: Reference, manifest: Manifest) -> None:
        """Let the tag name the manifest, whose blobs are there."""
        answer = self.send(
            "PUT",
            reference.repository,
            f"manifests/{reference.tag}",
            headers={"Content-Type": manifest.kind},
            body=manifest.body,
        )
        if answer.status not in (200, 201):
            raise self.error(answer, str(reference))

    def mount(self, repository: str, digest: str, source: str) -> str:
        """Have a blob of the repository `source` in another one too. Returns nothing, or where to upload it to if it cannot be mounted."""
        return self._begin(repository, f"?{urlencode({'mount': digest, 'from': source})}", source)

    def upload(self, repository: str, digest: str, body: bytes, location: str = "") -> None:
        """Put a blob into a repository, at `location` if the registry gave one."""
        location = location or self._begin(repository)
        query = urlencode({"digest": digest})
        url = f"{location}{'&' if '?' in location else '?'}{query}"
        answer = self.send(
            "PUT", repository, url, headers={"Content-Type": "application/octet-stream"}, body=body
        )
        if answer.status not in (201, 204):
            raise self.error(answer, f"{self.host}/{repository}")

    def may_push(self, repository: str) -> None:
        """Begin an upload and cancel it. Raises AccessDenied, ServiceError."""
        self.send("DELETE", repository, self._begin(repository))

    def _begin(self, repository: str, query: str = "", source: str = "") -> str:
        """Begin an upload, and return its location; nothing when what was asked for is there at once."""
        answer = self.send("POST", repository, f"blobs/uploads/{query}", body=b"", source=source)
        if answer.status == 201:
            return ""
        location = answer.headers.get("Location", "")
        if answer.status != 202 or not location:
            raise self.error(answer, f"{self.host}/{repository}")
        return str(location)

    def _get(self, repository: str, path: str) -> RegistryResponse | None:
        answer = self.send("GET", repository, path)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise self.error(answer, f"{self.host}/{repository}")
        return answer

"""The registry's own API, for what helm does not tell or do: which bytes stand under a reference, and who may read them.

An answer that does not say is an error, never an absence.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from urllib.parse import urlencode

from .distribution import Connection
from .errors import ServiceError
from .reference import Reference

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"


@dataclass(frozen=True)
class Manifest:
    """A manifest as the registry serves it: its `digest`, and the digest of the layer that is the chart's archive."""

    digest: str
    layer: str


class Registry(Connection):
    """The API of one registry."""

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

    def delete(self, reference: Reference, digest: str) -> None:
        """Delete a manifest, under whichever tags it stands; what is gone already is no error. Raises Unsupported where that cannot be."""
        answer = self.change("DELETE", reference.repository, f"manifests/{digest}")
        if answer and answer.status not in (200, 202, 204, 404):
            raise self.error(answer, str(reference))

    def _get(self, repository: str, path: str, accept: str = "*/*") -> bytes | None:
        answer = self.send("GET", repository, path, headers={"Accept": accept})
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise self.error(answer, f"{self.host}/{repository}")
        return answer.body

"""The requests that change a registry. Each raises AccessDenied, ServiceError.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints
"""

from __future__ import annotations

from urllib.parse import urlencode

from ...core.errors import ServiceError
from .manifest import Manifest
from .reference import Reference
from .session import TRY_AGAIN, RegistrySession


def put_manifest(session: RegistrySession, reference: Reference, manifest: Manifest) -> None:
    """Let the tag name the manifest, whose blobs are there."""
    session.send(
        "PUT",
        reference.repository,
        f"manifests/{reference.tag}",
        (200, 201),
        what=str(reference),
        headers={"Content-Type": manifest.media_type},
        body=manifest.body,
    )


def delete_manifest(session: RegistrySession, reference: Reference, digest: str) -> None:
    """Delete a manifest; it is no error if it is gone. Raises Unsupported."""
    path = f"manifests/{digest}"
    expected = (200, 202, 204, 404)
    session.send("DELETE", reference.repository, path, expected, what=str(reference))


def begin_upload(
    session: RegistrySession,
    repository: str,
    digest: str = "",
    source: str = "",
) -> str:
    """Begin an upload and return its location.

    With `source`, have that repository's blob mounted instead, and return "" if it was.
    """
    query = f"?{urlencode({'mount': digest, 'from': source})}" if source else ""
    path = f"blobs/uploads/{query}"
    response = session.send("POST", repository, path, (201, 202), body=b"", source=source)
    location = response.headers.get("location", "")
    if response.status == 202 and not location:
        what = f"{session.host}/{repository}: the registry gave no location for an upload"
        raise ServiceError(what, TRY_AGAIN)
    return location if response.status == 202 else ""


def upload_blob(
    session: RegistrySession,
    repository: str,
    digest: str,
    blob: bytes,
    location: str,
) -> None:
    """Upload a blob to the location of an upload."""
    separator = "&" if "?" in location else "?"
    url = f"{location}{separator}{urlencode({'digest': digest})}"
    headers = {"Content-Type": "application/octet-stream"}
    session.send("PUT", repository, url, (201, 204), headers=headers, body=blob)

"""The requests that change a registry. Each raises AccessDenied, ServiceError.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#push
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from ...core.errors import Refused, ServiceError
from .answers import TRY_AGAIN
from .manifest import Manifest
from .reads import read_blob, read_manifest
from .reference import Reference
from .saved import FILE, read_saved_blob, saved_blob, saved_text
from .session import RegistrySession

ANY_STATUS = range(100, 600)


def ensure_chart(reference: Reference, manifest: Manifest) -> None:
    """Refuse to change or to publish what is no chart. Raises Refused."""
    if not manifest.is_chart:
        advice = "it is somebody else's and is not touched: publish the chart under another version"
        raise Refused(f"{reference} is {manifest.kind}, not a chart", advice)


def check_push(session: RegistrySession, repository: str) -> None:
    """Begin an upload and cancel it."""
    location = _begin_upload(session, repository)
    session.send("DELETE", repository, location, ANY_STATUS)


def put_manifest(session: RegistrySession, reference: Reference, manifest: Manifest) -> None:
    """Let the tag name the manifest, whose blobs are there."""
    ensure_chart(reference, manifest)
    session.send(
        "PUT",
        reference.repository,
        f"manifests/{reference.tag}",
        expected=(200, 201),
        what=str(reference),
        headers={"Content-Type": manifest.media_type},
        body=manifest.body,
    )


def delete_manifest(session: RegistrySession, reference: Reference, digest: str) -> None:
    """Delete a manifest; it is no error if it is gone. Raises Unsupported."""
    session.send(
        "DELETE",
        reference.repository,
        f"manifests/{digest}",
        expected=(200, 202, 204, 404),
        what=str(reference),
    )


def copy_manifest(session: RegistrySession, source: Reference, target: Reference) -> None:
    """Let the tag of `target` name the manifest of `source`. Raises Refused if that is gone."""
    manifest = read_manifest(session, source)
    if not manifest:
        raise Refused(f"{source} is not published, so {target} cannot be", "invoke publish.all")
    ensure_chart(source, manifest)
    for digest in manifest.blobs:
        location = _begin_upload(
            session,
            target.repository,
            digest,
            source.repository,
        )
        if location:  # the registry did not mount the blob
            blob = read_blob(session, source.repository, digest)
            _finish_upload(session, target.repository, location, digest, blob)
    put_manifest(session, target, manifest)


def save_manifest(
    session: RegistrySession,
    reference: Reference,
    manifest: Manifest,
    folder: Path,
) -> None:
    """Write a manifest and its blobs into a folder, see manifest.py. Raises OSError."""
    ensure_chart(reference, manifest)
    folder.mkdir(mode=0o700, exist_ok=True)
    for digest in manifest.blobs:
        blob = read_blob(session, reference.repository, digest)
        saved_blob(folder, digest).write_bytes(blob)
    text = saved_text(manifest)
    (folder / FILE).write_text(text, encoding="utf-8")


def upload_saved(
    session: RegistrySession,
    reference: Reference,
    manifest: Manifest,
    folder: Path,
) -> None:
    """Upload the saved blobs of a manifest, and let the tag name it. Raises OSError."""
    for digest in manifest.blobs:
        blob = read_saved_blob(folder, digest)
        location = _begin_upload(session, reference.repository)
        _finish_upload(session, reference.repository, location, digest, blob)
    put_manifest(session, reference, manifest)


def _begin_upload(
    session: RegistrySession,
    repository: str,
    digest: str = "",
    source: str = "",
) -> str:
    """Begin an upload and return its location.

    With `source`, have that repository's blob mounted instead, and return "" if it was.
    """
    path = "blobs/uploads/"
    if source:
        query = urlencode({"mount": digest, "from": source})
        path = f"{path}?{query}"
    response = session.send(
        "POST",
        repository,
        path,
        expected=(201, 202),
        body=b"",
        source=source,
    )
    if response.status == 201:
        return ""
    location = response.headers.get("location", "")
    if not location:
        what = f"{session.host}/{repository}: the registry gave no location for an upload"
        raise ServiceError(what, TRY_AGAIN)
    return location


def _finish_upload(
    session: RegistrySession,
    repository: str,
    location: str,
    digest: str,
    blob: bytes,
) -> None:
    separator = "&" if "?" in location else "?"
    query = urlencode({"digest": digest})
    session.send(
        "PUT",
        repository,
        f"{location}{separator}{query}",
        expected=(201, 204),
        headers={"Content-Type": "application/octet-stream"},
        body=blob,
    )

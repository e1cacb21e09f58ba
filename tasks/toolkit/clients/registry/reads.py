"""The requests that read a registry. Each raises AccessDenied, ServiceError.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from ...core.errors import ServiceError
from .answers import parse_manifest, parse_tags
from .connections import RegistryResponse
from .manifest import MANIFEST, Manifest, digest_of
from .reference import Reference
from .session import RegistrySession


def read_manifest(session: RegistrySession, reference: Reference) -> Manifest | None:
    """Return the manifest that the tag names, or None if there certainly is none."""
    what = str(reference)
    response = _get(
        session,
        reference.repository,
        f"manifests/{reference.tag}",
        what,
        {"Accept": MANIFEST},
    )
    return parse_manifest(response, what) if response else None


def read_blob(session: RegistrySession, repository: str, digest: str) -> bytes:
    """Return a blob, checked against its digest."""
    response = _get(session, repository, f"blobs/{digest}")
    if response is None or digest_of(response.body) != digest:
        raise ServiceError(
            f"{session.host}/{repository} does not return {digest} intact",
            "run the same command again; if that fails, it is corrupt",
        )
    return response.body


def read_tags(session: RegistrySession, reference: Reference) -> list[str] | None:
    """Return every tag of the repository, or None if there is no such repository."""
    tags: list[str] = []
    query = {"n": "1000"}
    while True:
        path = f"tags/list?{urlencode(query)}"
        response = _get(session, reference.repository, path)
        if response is None:
            return tags or None
        page = parse_tags(response, reference.oci)
        if not page or page[-1] == query.get("last"):
            return tags
        tags += page
        query["last"] = page[-1]


def _get(
    session: RegistrySession,
    repository: str,
    path: str,
    what: str = "",
    headers: Mapping[str, str] | None = None,
) -> RegistryResponse | None:
    response = session.send(
        "GET",
        repository,
        path,
        expected=(200, 404),
        what=what,
        headers=headers,
    )
    return None if response.status == 404 else response

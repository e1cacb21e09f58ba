"""The requests that read a registry. Each raises AccessDenied, ServiceError.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull
"""

from __future__ import annotations

from collections.abc import Mapping

from ...core.errors import ServiceError
from .answers import TRY_AGAIN, next_page, parse_manifest, parse_tags
from .connections import RegistryResponse
from .manifest import KINDS, LARGEST_BLOB, LARGEST_MANIFEST, Manifest, digest_of
from .reference import Reference
from .session import RegistrySession

ANY_MANIFEST = ", ".join([*KINDS, "*/*"])
MOST_TAGS = 10_000
MOST_PAGES = 1_000


def read_manifest(session: RegistrySession, reference: Reference) -> Manifest | None:
    """Return the manifest that the tag names, or None if there certainly is none.

    It may be another one than a chart's: who accepts fewer types gets 404 for a tag that exists.
    """
    what = str(reference)
    response = _get(
        session,
        reference.repository,
        f"manifests/{reference.tag}",
        what,
        {"Accept": ANY_MANIFEST},
    )
    return parse_manifest(response, what) if response else None


def read_blob(session: RegistrySession, repository: str, digest: str) -> bytes:
    """Return a blob, checked against its digest."""
    response = _get(session, repository, f"blobs/{digest}", most_bytes=LARGEST_BLOB)
    if response is None or digest_of(response.body) != digest:
        raise ServiceError(
            f"{session.host}/{repository} does not return {digest} intact",
            "run the same command again; if that fails, it is corrupt",
        )
    return response.body


def read_tags(session: RegistrySession, reference: Reference) -> list[str] | None:
    """Return every tag of the repository, or None if there is no such repository."""
    tags: list[str] = []
    queries: list[str] = []
    query = "n=1000"
    while query:
        queries.append(query)
        response = _get(session, reference.repository, f"tags/list?{query}")
        if response is None and not tags:
            return None
        if response is None:
            raise _unclear_list(reference, "ends in the middle")
        tags += parse_tags(response, reference.oci)
        query = next_page(response)
        if query in queries:
            raise _unclear_list(reference, "begins again where it was")
        if len(tags) > MOST_TAGS or len(queries) > MOST_PAGES:
            raise _unclear_list(reference, f"has more than {MOST_TAGS} tags, or {MOST_PAGES} pages")
    return tags


def _unclear_list(reference: Reference, problem: str) -> ServiceError:
    return ServiceError(f"{reference.oci}: the list of tags {problem}", TRY_AGAIN)


def _get(
    session: RegistrySession,
    repository: str,
    path: str,
    what: str = "",
    headers: Mapping[str, str] | None = None,
    most_bytes: int = LARGEST_MANIFEST,
) -> RegistryResponse | None:
    response = session.send(
        "GET",
        repository,
        path,
        expected=(200, 404),
        what=what,
        headers=headers,
        most_bytes=most_bytes,
    )
    return None if response.status == 404 else response

"""Replies that several endpoints of a registry give, and its errors.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
"""

from __future__ import annotations

from collections.abc import Mapping

from ..server import Reply
from .store import digest_of

NOT_FOUND = Reply(404, b"404 page not found\n", {"Content-Type": "text/plain"})
ERRORS = {  # status and message by code
    "BLOB_UNKNOWN": (404, "blob unknown to registry"),
    "BLOB_UPLOAD_UNKNOWN": (404, "blob upload unknown to registry"),
    "DENIED": (403, "denied"),
    "DIGEST_INVALID": (400, "digest did not match the content"),
    "MANIFEST_BLOB_UNKNOWN": (400, "blob unknown to registry"),
    "MANIFEST_INVALID": (400, "manifest invalid"),
    "MANIFEST_UNKNOWN": (404, "manifest unknown"),
    "NAME_UNKNOWN": (404, "repository name not known to registry"),
    "UNAUTHORIZED": (401, "authentication required"),
    "UNSUPPORTED": (405, "the operation is unsupported"),
}


class RegistryError(Exception):
    """An error of ERRORS, with the reply that reports it."""

    def __init__(
        self,
        code: str,
        message: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        status, usual_message = ERRORS[code]
        error = {
            "code": code,
            "message": message or usual_message,
        }
        self.reply = Reply(
            status,
            {"errors": [error]},
            headers or {},
        )


def created(location: str, digest: str) -> Reply:
    """Return the reply to a client that stored something."""
    headers = {
        "Location": location,
        "Docker-Content-Digest": digest,
    }
    return Reply(201, headers=headers)


def found(content: bytes, media_type: str) -> Reply:
    """Return the reply to a client that reads something."""
    headers = {
        "Content-Type": media_type,
        "Docker-Content-Digest": digest_of(content),
    }
    return Reply(200, content, headers)


def check_digest(content: bytes, digest: str) -> None:
    """Refuse content that has another digest. Raises RegistryError."""
    if digest != digest_of(content):
        raise RegistryError("DIGEST_INVALID")

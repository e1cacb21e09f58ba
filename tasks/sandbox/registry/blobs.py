"""The blobs of a registry: clients upload, mount and read them.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from ..server import Reply
from .replies import RegistryError, check_digest, created, found
from .routes import Call
from .store import Store
from .tokens import AccessControl


class Blobs:
    """The endpoints of a store's blobs. Each raises RegistryError."""

    def __init__(self, store: Store, access: AccessControl) -> None:
        self._store = store
        self._access = access
        self.handlers: dict[str, Callable[[Call], Reply]] = {
            "POST blobs/uploads": self._begin_upload,
            "PATCH blobs/uploads": self._continue_upload,
            "PUT blobs/uploads": self._finish_upload,
            "DELETE blobs/uploads": self._cancel_upload,
            "GET blobs": self._get,
        }

    def _begin_upload(self, call: Call) -> Reply:
        source = call.parameter("from")
        digest = call.parameter("mount")
        content = self._find(source, digest)
        may_read = self._access.permits(call.request, source, "pull")
        if content is not None and may_read:
            return self._keep(call.repository, digest, content)
        upload = secrets.token_hex(16)
        self._store.uploads[upload] = b""
        return _in_progress(call.repository, upload, 0)

    def _continue_upload(self, call: Call) -> Reply:
        received = self._end_upload(call.reference) + call.request.body
        self._store.uploads[call.reference] = received
        return _in_progress(call.repository, call.reference, len(received))

    def _finish_upload(self, call: Call) -> Reply:
        received = self._end_upload(call.reference)
        return self._keep(
            call.repository,
            call.parameter("digest"),
            received + call.request.body,
        )

    def _cancel_upload(self, call: Call) -> Reply:
        self._end_upload(call.reference)
        return Reply(204)

    def _end_upload(self, upload: str) -> bytes:
        """Forget an upload, and return what was received of it."""
        if upload not in self._store.uploads:
            raise RegistryError("BLOB_UPLOAD_UNKNOWN")
        return self._store.uploads.pop(upload)

    def _keep(
        self,
        name: str,
        digest: str,
        content: bytes,
    ) -> Reply:
        check_digest(content, digest)
        repository = self._store.repositories[name]
        repository.blobs[digest] = content
        return created(f"/v2/{name}/blobs/{digest}", digest)

    def _get(self, call: Call) -> Reply:
        content = self._find(call.repository, call.reference)
        if content is None:
            raise RegistryError("BLOB_UNKNOWN")
        return found(content, "application/octet-stream")

    def _find(self, name: str, digest: str) -> bytes | None:
        repository = self._store.repositories[name]
        return repository.blobs.get(digest)


def _in_progress(repository: str, upload: str, size: int) -> Reply:
    headers = {
        "Location": f"/v2/{repository}/blobs/uploads/{upload}",
        "Range": f"0-{max(size - 1, 0)}",
    }
    return Reply(202, headers=headers)

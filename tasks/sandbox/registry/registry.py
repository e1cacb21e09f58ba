"""An OCI registry that answers clients as GHCR does.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md, "Pull" to "Error Codes"
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Set
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlencode

from ..server import Reply, Request, Server
from .store import Repository, Store, digest_of
from .tokens import AccessControl, RegistryError

ROUTE = re.compile(r"/v2/(.+)/(manifests|blobs/uploads|blobs|tags(?=/list$))/([^/]*)")
PAGE_SIZE = 100
NOT_FOUND = Reply(404, b"404 page not found\n", {"Content-Type": "text/plain"})


class Registry(Store):
    """A store served on a loopback port. With `passwords`, as in GHCR, only a login may push.

    `requests` are (method, path), `pushed` are (time, repository, tag, digest), oldest first.
    """

    plain_http = True
    authority = ""  # the file of a private CA, if it uses TLS
    password = ""  # the one that it accepts, if the sandbox cannot choose one

    def __init__(self, passwords: Set[str] | None = None) -> None:
        super().__init__()
        self.server = Server(self.answer)
        self.access = AccessControl(self.host, passwords)
        self.private_by_default = False
        self.allows_delete = True
        self.requests = list[tuple[str, str]]()
        self.pushed = list[tuple[datetime, str, str, str]]()
        self.uploads = set[str]()
        self._handlers = {
            "POST blobs/uploads": self._begin_upload,
            "PUT blobs/uploads": self._finish_upload,
            "DELETE blobs/uploads": self._cancel_upload,
            "GET blobs": self._get_blob,
            "PUT manifests": self._put_manifest,
            "GET manifests": self._get_manifest,
            "DELETE manifests": self._delete_manifest,
            "GET tags": self._list_tags,
        }

    def start(self) -> Self:
        """Begin to serve."""
        self.server.start()
        return self

    def stop(self, *_: object) -> None:
        """Stop the server; the content stays readable."""
        self.server.stop()

    __enter__ = start
    __exit__ = stop

    @property
    def host(self) -> str:
        """The address, such as 127.0.0.1:8080."""
        return self.server.host

    def answer(self, request: Request) -> Reply:
        """Answer one request."""
        path = request.path
        if request.query:
            path += f"?{urlencode(request.query, safe=':/,')}"
        with self.lock:
            self.requests.append((request.method, path))
            try:
                return self._route(request)
            except RegistryError as error:
                return error.reply

    def _route(self, request: Request) -> Reply:
        if request.path == "/v2/":
            return self.access.check_login(request)
        if request.path == "/token" and self.access.passwords is not None:
            return self.access.issue_token(request)
        route = ROUTE.fullmatch(request.path)
        if not route:
            return NOT_FOUND
        name, kind, reference = route.groups()
        method = request.method.replace("HEAD", "GET")
        handle = self._handlers.get(f"{method} {kind}")
        if not handle:
            return NOT_FOUND
        action = "pull" if method == "GET" else "push"
        self.access.require(request, name, action)
        return handle(request, name, reference)

    def _begin_upload(self, request: Request, name: str, _: str) -> Reply:
        source = request.query.get("from", "")
        digest = request.query.get("mount", "")
        content = self.repositories[source].blobs.get(digest)
        if content is not None and self.access.permits(request, source, "pull"):
            return self._keep_blob(name, digest, content)
        upload = secrets.token_hex(16)
        self.uploads.add(upload)
        headers = {"Location": f"/v2/{name}/blobs/uploads/{upload}", "Range": "0-0"}
        return Reply(202, headers=headers)

    def _finish_upload(self, request: Request, name: str, upload: str) -> Reply:
        self._end_upload(upload)
        return self._keep_blob(name, request.query.get("digest", ""), request.body)

    def _cancel_upload(self, _: Request, __: str, upload: str) -> Reply:
        self._end_upload(upload)
        return Reply(204)

    def _end_upload(self, upload: str) -> None:
        if upload not in self.uploads:
            raise RegistryError(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        self.uploads.remove(upload)

    def _keep_blob(self, name: str, digest: str, content: bytes) -> Reply:
        if digest != digest_of(content):
            raise RegistryError(400, "DIGEST_INVALID", "digest did not match the content")
        self.repositories[name].blobs[digest] = content
        headers = {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest}
        return Reply(201, headers=headers)

    def _get_blob(self, _: Request, name: str, digest: str) -> Reply:
        content = self.repositories[name].blobs.get(digest)
        if content is None:
            raise RegistryError(404, "BLOB_UNKNOWN", "blob unknown to registry")
        headers = {"Content-Type": "application/octet-stream", "Docker-Content-Digest": digest}
        return Reply(200, content, headers)

    def _put_manifest(self, request: Request, name: str, reference: str) -> Reply:
        digest = digest_of(request.body)
        repository = self.repositories[name]
        if ":" in reference and reference != digest:
            raise RegistryError(400, "DIGEST_INVALID", "digest did not match the content")
        if _blobs_of(request.body) - {*repository.blobs}:
            raise RegistryError(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry")
        if self.private_by_default and not repository.manifests:
            self.access.private.add(name)
        repository.manifests[digest] = request.headers.get("content-type", ""), request.body
        if reference != digest:
            repository.tags[reference] = digest
            self.pushed.append((datetime.now(UTC), name, reference, digest))
        headers = {"Location": f"/v2/{name}/manifests/{digest}", "Docker-Content-Digest": digest}
        return Reply(201, headers=headers)

    def _get_manifest(self, _: Request, name: str, reference: str) -> Reply:
        media_type, content = self._known_manifest(name, reference)
        headers = {"Content-Type": media_type, "Docker-Content-Digest": digest_of(content)}
        return Reply(200, content, headers)

    def _delete_manifest(self, _: Request, name: str, digest: str) -> Reply:
        if not self.allows_delete:
            raise RegistryError(405, "UNSUPPORTED", "the operation is unsupported")
        self._known_manifest(name, digest)
        self.remove(name, digest)
        return Reply(202)

    def _known_manifest(self, name: str, reference: str) -> tuple[str, bytes]:
        repository = self._known_repository(name)
        digest = repository.resolve(reference)
        if digest not in repository.manifests:
            raise RegistryError(404, "MANIFEST_UNKNOWN", "manifest unknown")
        return repository.manifests[digest]

    def _list_tags(self, request: Request, name: str, _: str) -> Reply:
        last = request.query.get("last", "")
        tags = sorted(tag for tag in self._known_repository(name).tags if tag > last)
        page = tags[: int(request.query.get("n", PAGE_SIZE))]
        headers = dict[str, str]()
        if page and page != tags:
            path = f"/v2/{name}/tags/list?n={len(page)}&last={page[-1]}"
            headers["Link"] = f'<{path}>; rel="next"'
        return Reply(200, {"name": name, "tags": page}, headers)

    def _known_repository(self, name: str) -> Repository:
        if not self.repositories[name].manifests:
            raise RegistryError(404, "NAME_UNKNOWN", "repository name not known to registry")
        return self.repositories[name]


def _blobs_of(manifest: bytes) -> set[str]:
    """Return the digests that a manifest refers to. Raises RegistryError."""
    try:
        parsed = json.loads(manifest)
        return {part["digest"] for part in [parsed["config"], *parsed["layers"]]}
    except (ValueError, KeyError, TypeError):
        raise RegistryError(400, "MANIFEST_INVALID", "manifest invalid") from None

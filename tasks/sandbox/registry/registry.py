"""An OCI registry that answers clients as GHCR does.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md, "Pull" to "Error Codes"
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Set
from dataclasses import replace
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlencode

from ..server import Reply, Request, Server
from .blobs import Blobs
from .replies import NOT_FOUND, RegistryError, check_digest, created, found
from .routes import Call
from .store import Repository, Store, digest_of
from .tokens import AccessControl

PAGE_SIZE = 100
Push = tuple[datetime, str, str, str]  # time, repository, tag and digest


class Registry(Store):
    """A store served on a loopback port. With `passwords`, as in GHCR, only a login may push.

    `requests` are (method, path); they and `pushed` begin with the oldest.
    """

    plain_http = True
    authority = ""  # the file of a private CA, if it uses TLS
    password = ""  # the one that it accepts, if the sandbox cannot choose one

    def __init__(self, passwords: Set[str] | None = None, port: int = 0) -> None:
        super().__init__()
        self.server = Server(self.answer, port=port)
        self.access = AccessControl(self.host, passwords, self.tags)
        self.private_by_default = False
        self.allows_delete = True
        self.largest_page = 1000  # tags, even if a client asks for more
        self.requests = list[tuple[str, str]]()
        self.pushed = list[Push]()
        self._handlers = {
            **Blobs(self, self.access).handlers,
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
            query = urlencode(request.query, safe=":/,")
            path = f"{path}?{query}"
        with self.lock:
            self.requests.append((request.method, path))
            try:
                reply = self._route(request)
            except RegistryError as error:
                reply = error.reply
        request_id = {"X-GitHub-Request-Id": secrets.token_hex(8).upper()}
        return replace(reply, headers={**reply.headers, **request_id})

    def _route(self, request: Request) -> Reply:
        if request.path == "/v2/":
            return self.access.check_login(request)
        if request.path == "/token" and not self.access.is_open:
            return self.access.issue_token(request)
        call = Call.parse(request)
        if not call or call.endpoint not in self._handlers:
            return NOT_FOUND
        self.access.require(request, call.repository, call.action)
        return self._handlers[call.endpoint](call)

    def _put_manifest(self, call: Call) -> Reply:
        name = call.repository
        reference = call.reference
        body = call.request.body
        if ":" in reference:
            check_digest(body, reference)
        repository = self.repositories[name]
        if not _parts_of(body) <= repository.blobs.keys() | repository.manifests.keys():
            raise RegistryError("MANIFEST_BLOB_UNKNOWN")
        if self.private_by_default and not repository.manifests:
            self.access.private.add(name)
        digest = digest_of(body)
        media_type = call.request.headers.get("content-type", "")
        repository.manifests[digest] = (media_type, body)
        if reference != digest:
            repository.tags[reference] = digest
            push = (
                datetime.now(UTC),
                name,
                reference,
                digest,
            )
            self.pushed.append(push)
        return created(f"/v2/{name}/manifests/{digest}", digest)

    def _get_manifest(self, call: Call) -> Reply:
        media_type, content = self._known_manifest(call)
        accepted = call.request.headers.get("accept", "*/*")
        if media_type not in accepted and "*/*" not in accepted:
            raise RegistryError("MANIFEST_UNKNOWN")
        return found(content, media_type)

    def _delete_manifest(self, call: Call) -> Reply:
        if not self.allows_delete:
            raise RegistryError("UNSUPPORTED")
        self._known_manifest(call)
        self.remove(call.repository, call.reference)
        return Reply(202)

    def _known_manifest(self, call: Call) -> tuple[str, bytes]:
        repository = self._known_repository(call.repository)
        digest = repository.resolve(call.reference)
        if digest not in repository.manifests:
            raise RegistryError("MANIFEST_UNKNOWN")
        return repository.manifests[digest]

    def _list_tags(self, call: Call) -> Reply:
        name = call.repository
        repository = self._known_repository(name)
        last = call.parameter("last")
        asked = int(call.parameter("n") or PAGE_SIZE)
        size = min(asked, self.largest_page)
        tags = sorted(tag for tag in repository.tags if tag > last)
        page = tags[:size]
        headers = {}
        if page and page != tags:
            path = f"/v2/{name}/tags/list?n={size}&last={page[-1]}"
            headers["Link"] = f'<{path}>; rel="next"'
        content = {
            "name": name,
            "tags": page,
        }
        return Reply(200, content, headers)

    def _known_repository(self, name: str) -> Repository:
        repository = self.repositories[name]
        if not repository.manifests:
            raise RegistryError("NAME_UNKNOWN")
        return repository


def _parts_of(manifest: bytes) -> set[str]:
    """Return the digests that a manifest or an index refers to. Raises RegistryError."""
    try:
        parsed = json.loads(manifest)
        parts = parsed.get("manifests") or [parsed["config"], *parsed["layers"]]
        return {part["digest"] for part in parts}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RegistryError("MANIFEST_INVALID") from None

"""An OCI registry in memory, which is to helm what GHCR is.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md, "Pull" to "Error Codes".
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlencode

from .server import Reply, Request, Server
from .store import Store, digest_of
from .tokens import Gate, Refused

PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
NAME, TAG = re.compile(rf"{PART}(?:/{PART})*"), re.compile(r"\w[\w.-]{0,127}", re.ASCII)
ROUTE = re.compile(r"/v2/(.+)/(manifests|blobs/uploads|blobs|tags(?=/list$))/([^/]*)")
OCI, DOCKER = "application/vnd.oci.image", "application/vnd.docker.distribution.manifest"
MANIFESTS = {f"{OCI}.manifest.v1+json", f"{OCI}.index.v1+json", f"{DOCKER}.v2+json", f"{DOCKER}.list.v2+json"}
PAGE = 100  # tags, where the client does not say how many


class Registry(Store):
    """`users` are the passwords, by name, that a login may use, with any name as in GHCR; if None, nobody logs in.

    With `private_by_default`, as in GHCR, a new repository becomes one of `gate.private`, and without `deletes` it deletes no
    manifest. `requests` are (method, path) and
    `pushed` (time, repository, tag, digest), oldest first; what wraps `server.answer` can inject faults.
    """

    plain_http, authority, password = True, "", ""  # another kind may have TLS, with a CA of its own, and one password

    def __init__(self, users: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.server = Server(self._answer)
        self.gate, self.private_by_default, self.deletes = Gate(self.host, users), False, True
        self.requests, self.pushed = list[tuple[str, str]](), list[tuple[datetime, str, str, str]]()
        self._uploads = dict[tuple[str, str], bytes]()

    def start(self) -> Self:
        """Begin to serve."""
        self.server.start()
        return self

    def stop(self, *_: object) -> None:
        """End the server; what it holds can be read on."""
        self.server.stop()

    __enter__, __exit__ = start, stop

    @property
    def host(self) -> str:
        """`127.0.0.1:PORT`."""
        return self.server.host

    def _answer(self, request: Request) -> Reply:
        query = urlencode(request.query, safe=":/,")
        with self._lock:
            self.requests.append((request.method, f"{request.path}?{query}" if query else request.path))
            try:
                return self._route(request)
            except Refused as refused:
                return refused.reply

    def _route(self, request: Request) -> Reply:
        if request.path == "/v2/":
            return self.gate.greet(request)
        if request.path == "/token" and self.gate.users is not None:
            return self.gate.issue(request)
        route = ROUTE.fullmatch(request.path)
        if not route:
            return Reply(404, b"404 page not found\n", {"Content-Type": "text/plain"})
        (name, kind, what), method = route.groups(), "GET" if request.method == "HEAD" else request.method
        if not NAME.fullmatch(name):
            raise Refused(400, "NAME_INVALID", "invalid repository name")
        self.gate.admit(request, name, "pull" if method == "GET" and kind != "blobs/uploads" else "push")
        handle = getattr(self, f"_{method}_{kind.rpartition('/')[2]}".lower(), None)
        if not handle:
            raise Refused(405, "UNSUPPORTED", "the operation is unsupported")
        if kind == "blobs" and what not in self._blobs[name]:
            raise Refused(404, "BLOB_UNKNOWN", "blob unknown to registry")
        if kind == "blobs/uploads" and method != "POST" and (name, what) not in self._uploads:
            raise Refused(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        if (kind == "tags" or (kind == "manifests" and method != "PUT")) and not self._manifests[name]:
            raise Refused(404, "NAME_UNKNOWN", "repository name not known to registry")
        reply: Reply = handle(request, name, what)
        return reply

    def _post_uploads(self, request: Request, name: str, _: str) -> Reply:
        digest, source, upload = request.query.get("mount", ""), request.query.get("from", ""), secrets.token_hex(16)
        if self.gate.may_pull(request, source) and digest in self._blobs[source]:
            return self._keep(name, digest, self._blobs[source][digest])
        if "digest" in request.query:
            return self._keep(name, request.query["digest"], request.body)
        self._uploads[name, upload] = b""
        return self._get_uploads(request, name, upload, 202)

    def _get_uploads(self, _: Request, name: str, upload: str, status: int = 204) -> Reply:
        end = max(len(self._uploads[name, upload]) - 1, 0)
        return Reply(status, headers={"Location": f"/v2/{name}/blobs/uploads/{upload}", "Range": f"0-{end}", "Docker-Upload-UUID": upload})

    def _patch_uploads(self, request: Request, name: str, upload: str) -> Reply:
        begin = len(self._uploads[name, upload])
        if not request.headers.get("content-range", f"{begin}-").startswith(f"{begin}-"):
            raise Refused(416, "BLOB_UPLOAD_INVALID", f"chunks come in order, and the next begins at {begin}")
        self._uploads[name, upload] += request.body
        return self._get_uploads(request, name, upload, 202)

    def _put_uploads(self, request: Request, name: str, upload: str) -> Reply:
        kept = self._keep(name, request.query.get("digest", ""), self._uploads[name, upload] + request.body)
        del self._uploads[name, upload]
        return kept

    def _delete_uploads(self, _: Request, name: str, upload: str) -> Reply:
        del self._uploads[name, upload]
        return Reply(204)

    def _keep(self, name: str, digest: str, body: bytes) -> Reply:
        if digest != digest_of(body):
            raise Refused(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        self._blobs[name][digest] = body
        return Reply(201, headers={"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest})

    def _get_blobs(self, _: Request, name: str, digest: str) -> Reply:
        return Reply(200, self._blobs[name][digest], {"Content-Type": "application/octet-stream", "Docker-Content-Digest": digest})

    def _delete_blobs(self, _: Request, name: str, digest: str) -> Reply:
        del self._blobs[name][digest]
        return Reply(202)

    def _put_manifests(self, request: Request, name: str, reference: str) -> Reply:
        digest, kind = digest_of(request.body), request.headers.get("content-type", "")
        if not (TAG.fullmatch(reference) or reference == digest):
            raise Refused(400, "DIGEST_INVALID" if ":" in reference else "TAG_INVALID", f"not to be had for this manifest: {reference}")
        try:
            told = json.loads(request.body)
            needed = [part["digest"] for part in [*told.get("layers", []), *filter(None, [told.get("config")])]]
        except (ValueError, AttributeError, KeyError, TypeError):
            raise Refused(400, "MANIFEST_INVALID", "manifest invalid") from None
        if kind not in MANIFESTS:
            raise Refused(400, "MANIFEST_INVALID", f"unknown media type {kind}")
        if missing := set(needed) - set(self._blobs[name]):
            raise Refused(400, "MANIFEST_BLOB_UNKNOWN", f"blob unknown to registry: {sorted(missing)[0]}")
        if self.private_by_default and not self._manifests[name]:
            self.gate.private.add(name)
        self._manifests[name][digest] = kind, request.body
        if reference != digest:
            self._tags[name][reference] = digest
            self.pushed.append((datetime.now(UTC), name, reference, digest))
        return Reply(201, headers={"Location": f"/v2/{name}/manifests/{digest}", "Docker-Content-Digest": digest})

    def _get_manifests(self, _: Request, name: str, reference: str) -> Reply:
        digest = self._tags[name].get(reference, reference)
        if digest not in self._manifests[name]:
            raise Refused(404, "MANIFEST_UNKNOWN", "manifest unknown")
        kind, body = self._manifests[name][digest]
        return Reply(200, body, {"Content-Type": kind, "Docker-Content-Digest": digest})

    def _delete_manifests(self, request: Request, name: str, reference: str) -> Reply:
        if not self.deletes:
            raise Refused(405, "UNSUPPORTED", "the operation is unsupported")
        self._get_manifests(request, name, reference)
        if self._tags[name].pop(reference, None) is None:
            self.remove(name, reference)
        return Reply(202)

    def _get_tags(self, request: Request, name: str, _: str) -> Reply:
        tags = sorted(tag for tag in self._tags[name] if tag > request.query.get("last", ""))
        page = tags[: int(request.query.get("n", PAGE))]
        link = f'</v2/{name}/tags/list?n={len(page)}&last={page[-1]}>; rel="next"' if page and page != tags else ""
        return Reply(200, {"name": name, "tags": page}, {"Link": link} if link else {})

"""A client that asks a registry one thing at a time."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

from tasks.sandbox.registry import Registry
from tasks.sandbox.registry.store import digest_of

from ...docker_registry import OCI_MANIFEST

NAME = "some/chart"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
UPLOADS = f"/v2/{NAME}/blobs/uploads/"
MANIFEST = f"/v2/{NAME}/manifests/1.0.0"
COMPARED_HEADERS = ("Docker-Content-Digest", "Content-Type", "Range", "Link")


@dataclass(frozen=True)
class Answer:
    """An answer of a registry."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    def json(self) -> object:
        if not self.body or "json" not in self.header("Content-Type"):
            return None
        return json.loads(self.body)

    def error_codes(self) -> list[str]:
        if not self.body:
            return []
        content = json.loads(self.body)
        return [error["code"] for error in content["errors"]]

    def comparable(self) -> object:
        """Return what must be the same on both: not an error's prose, nor an upload's name."""
        if self.status >= 400:
            return self.status, self.error_codes()
        headers = {name: self.header(name) for name in COMPARED_HEADERS}
        media_type = headers["Content-Type"]
        headers["Content-Type"] = media_type.removesuffix("; charset=utf-8")
        content = self.json() or self.body
        return self.status, headers, content


class Client:
    """Asks one registry, with an `authorization` if it has one."""

    def __init__(self, registry: Registry, authorization: str = "") -> None:
        self.registry = registry
        self.authorization = authorization

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        media_type: str = "application/octet-stream",
        accept: str = OCI_MANIFEST,
    ) -> Answer:
        """Ask for a path, or for a URL that the registry gave."""
        request = urllib.request.Request(
            path if path.startswith("http") else f"http://{self.registry.host}{path}",
            data=body,
            method=method,
        )
        request.add_header("Content-Type", media_type)
        request.add_header("Accept", accept)
        if self.authorization:
            request.add_header("Authorization", self.authorization)
        try:
            answer = urllib.request.urlopen(request, timeout=10)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return Answer(
                answer.status,
                dict(answer.headers),
                answer.read(),
            )

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def head(self, path: str) -> Answer:
        return self.ask("HEAD", path)

    def begin_upload(self, path: str = UPLOADS) -> Answer:
        return self.ask("POST", path, b"")

    def upload(
        self,
        content: bytes,
        name: str = NAME,
        digest: str = "",
    ) -> Answer:
        """Upload a blob, which has the digest that is given or another one."""
        begun = self.begin_upload(f"/v2/{name}/blobs/uploads/")
        location = begun.headers["Location"]
        separator = "&" if "?" in location else "?"
        digest = digest or digest_of(content)
        url = f"{location}{separator}digest={digest}"
        return self.ask("PUT", url, content)

    def put_manifest(self, path: str, manifest: bytes) -> Answer:
        return self.ask("PUT", path, manifest, OCI_MANIFEST)


def index_of(*manifests: bytes) -> bytes:
    """Return an index of manifests, as a multi-arch image has it."""
    parts = []
    for manifest in manifests:
        part = {
            "mediaType": OCI_MANIFEST,
            "digest": digest_of(manifest),
            "size": len(manifest),
        }
        parts.append(part)
    index = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": parts,
    }
    return json.dumps(index).encode()


def manifest_of(*contents: bytes) -> bytes:
    """Return a manifest of blobs; the first is the config."""
    parts = []
    for content in contents:
        part = {
            "mediaType": "application/octet-stream",
            "digest": digest_of(content),
            "size": 1,
        }
        parts.append(part)
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": parts[0],
        "layers": parts[1:],
    }
    return json.dumps(manifest).encode()

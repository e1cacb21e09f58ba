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
UPLOADS = f"/v2/{NAME}/blobs/uploads/"
MANIFEST = f"/v2/{NAME}/manifests/1.0.0"
COMPARED_HEADERS = ("Docker-Content-Digest", "Content-Type", "Range", "Link")


@dataclass(frozen=True)
class Answer:
    """An answer of a registry."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> object:
        is_json = "json" in self.headers.get("Content-Type", "")
        return json.loads(self.body) if is_json and self.body else None

    def error_codes(self) -> list[str]:
        return [error["code"] for error in json.loads(self.body or b'{"errors": []}')["errors"]]

    def comparable(self) -> object:
        """Return what must be the same on both: not an error's prose, nor an upload's name."""
        if self.status >= 400:
            return self.status, self.error_codes()
        headers = {name: self.headers.get(name, "") for name in COMPARED_HEADERS}
        headers["Content-Type"] = headers["Content-Type"].removesuffix("; charset=utf-8")
        return self.status, headers, self.json or self.body


def ask(
    registry: Registry, method: str, path: str, body: bytes | None = None, **headers: str
) -> Answer:
    url = path if path.startswith("http") else f"http://{registry.host}{path}"
    request = urllib.request.Request(url, data=body, method=method)
    request.add_header("Content-Type", "application/octet-stream")
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return Answer(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, dict(error.headers), error.read())


def upload(registry: Registry, content: bytes, name: str = NAME, digest: str = "") -> Answer:
    begun = ask(registry, "POST", f"/v2/{name}/blobs/uploads/", b"")
    location = begun.headers["Location"]
    separator = "&" if "?" in location else "?"
    url = f"{location}{separator}digest={digest or digest_of(content)}"
    return ask(registry, "PUT", url, content)


def manifest_of(*contents: bytes) -> bytes:
    parts = [
        {"mediaType": "application/octet-stream", "digest": digest_of(content), "size": 1}
        for content in contents
    ]
    manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST}
    return json.dumps({**manifest, "config": parts[0], "layers": parts[1:]}).encode()

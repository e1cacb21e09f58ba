"""Push a container image that holds the files of a folder: push_image.py FOLDER REFERENCE.

It is what is left of docker on a machine without it. The login is that of docker's configuration.
https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import sys
import tarfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"


class Repository:
    """The repository `name` at a registry, to push to."""

    def __init__(self, host: str, name: str) -> None:
        self._name = name
        self._authorization = ""
        self._url = f"https://{host}"
        try:
            challenge = self._challenge()
        except urllib.error.URLError:  # of plain HTTP
            self._url = f"http://{host}"
            challenge = self._challenge()
        if challenge:
            self._authorization = _basic_login(host)
        if challenge.startswith("Bearer"):
            self._authorization = self._token(challenge)

    def _challenge(self) -> str:
        """Return how the registry wants to be logged in to, or nothing. Raises URLError."""
        try:
            self._ask("GET", "/v2/")
        except urllib.error.HTTPError as error:
            return str(error.headers["WWW-Authenticate"])
        return ""

    def _token(self, challenge: str) -> str:
        """Return the authorization to push."""
        parameters = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        scope = f"repository:{self._name}:pull,push"
        query = urlencode({"service": parameters["service"], "scope": scope})
        answer, _ = self._ask("GET", f"{parameters['realm']}?{query}")
        return f"Bearer {json.loads(answer)['token']}"

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        media_type: str = "application/octet-stream",
    ) -> tuple[bytes, Mapping[str, str]]:
        """Return the content and the headers of an answer. Raises URLError."""
        url = urljoin(self._url, path)
        request = urllib.request.Request(url, body, method=method)  # noqa: S310
        request.add_header("Content-Type", media_type)
        if self._authorization:
            request.add_header("Authorization", self._authorization)
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.read(), dict(answer.headers)

    def put_blob(self, content: bytes, media_type: str) -> dict[str, Any]:
        """Upload a blob and return its descriptor."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        _, headers = self._ask("POST", f"/v2/{self._name}/blobs/uploads/", b"")
        location = headers["Location"]
        separator = "&" if "?" in location else "?"
        self._ask("PUT", f"{location}{separator}{urlencode({'digest': digest})}", content)
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def put_manifest(self, tag: str, manifest: Mapping[str, Any]) -> None:
        """Put a manifest under a tag."""
        body = json.dumps(manifest).encode()
        self._ask("PUT", f"/v2/{self._name}/manifests/{tag}", body, MANIFEST_TYPE)


def _basic_login(host: str) -> str:
    file = Path.home() / ".docker" / "config.json"
    if not file.exists():
        return ""
    logins = json.loads(file.read_text())["auths"]
    return f"Basic {logins[host]['auth']}" if host in logins else ""


def push_image(folder: Path, reference: str) -> None:
    """Push an image of one layer, the files of a folder. Raises URLError."""
    host, _, rest = reference.partition("/")
    name, _, tag = rest.rpartition(":")
    repository = Repository(host, name)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(folder, arcname=".")
    layer = archive.getvalue()
    difference = f"sha256:{hashlib.sha256(layer).hexdigest()}"
    config = {
        "architecture": "amd64",
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [difference]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": repository.put_blob(json.dumps(config).encode(), CONFIG_TYPE),
        "layers": [repository.put_blob(gzip.compress(layer), LAYER_TYPE)],
    }
    repository.put_manifest(tag, manifest)


if __name__ == "__main__":
    push_image(Path(sys.argv[1]), sys.argv[2])
    print(f"pushed {sys.argv[2]}")

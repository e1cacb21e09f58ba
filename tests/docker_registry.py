"""Debian's docker-registry, to show that the recipes do the same on it as on the sandbox's."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from tasks.sandbox.registry import Registry
from tasks.sandbox.registry.store import digest_of

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = """
version: 0.1
log: {{level: error}}
storage:
  filesystem: {{rootdirectory: {folder}}}
  delete: {{enabled: true}}
http:
  addr: {host}
{more}"""
TLS_AND_LOGIN = """  tls: {{certificate: {folder}/server.pem, key: {folder}/server.key}}
auth:
  htpasswd: {{realm: test, path: {folder}/htpasswd}}
"""
PASSWORD = "not-a-secret"
HTPASSWD = "stianfro:$2b$04$Q9ViuWlXCAYtaNtHtFzYE.fa9pMpBJXlo5/fqO7eypITstN/fz1NO\n"
NEW_KEY = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -batch"
CERTIFICATES = f"""
{NEW_KEY} -x509 -days 2 -subj /CN=private -keyout authority.key -out authority.pem
{NEW_KEY} -subj /CN=registry -keyout server.key -out server.csr
openssl x509 -req -in server.csr -out server.pem -CA authority.pem -CAkey authority.key \
    -CAcreateserial -days 2 -extfile names
"""


class DockerRegistry(Registry):
    """A docker-registry without a login, whose content is read over HTTP."""

    _more_config = ""

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="docker-registry-")
        self.folder = Path(self._temporary.name)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._host = f"127.0.0.1:{free.getsockname()[1]}"

    @property
    def host(self) -> str:
        return self._host

    def start(self) -> Self:
        config = self.folder / "config.yml"
        config.write_text(CONFIG.format(folder=self.folder, host=self.host, more=self._more_config))
        argv = ["docker-registry", "serve", str(config)]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(argv, stdout=quiet, stderr=quiet)
        deadline = time.monotonic() + 10
        while not self._is_ready():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self

    def stop(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._temporary.cleanup()

    __enter__ = start
    __exit__ = stop

    def _is_ready(self) -> bool:
        try:
            self._get("")
        except OSError:
            return False
        return True

    def _get(self, path: str) -> bytes:
        scheme = "http" if self.plain_http else "https"
        request = urllib.request.Request(f"{scheme}://{self.host}/v2/{path}")
        request.add_header("Accept", OCI_MANIFEST)
        context = None
        if self.password:
            login = base64.b64encode(f"stianfro:{self.password}".encode()).decode()
            request.add_header("Authorization", f"Basic {login}")
        if self.authority:
            context = ssl.create_default_context(cafile=self.authority)
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            content: bytes = answer.read()
            return content

    def snapshot(self) -> dict[str, dict[str, str]]:
        names: list[str] = json.loads(self._get("_catalog"))["repositories"]
        return {name: self.tags(name) for name in names}

    def tags(self, repository: str) -> dict[str, str]:
        try:
            tags: list[str] = json.loads(self._get(f"{repository}/tags/list"))["tags"] or []
        except urllib.error.HTTPError:
            return {}
        return {tag: digest_of(self.manifest(repository, tag)) for tag in tags}

    def manifest(self, repository: str, reference: str) -> bytes:
        return self._get(f"{repository}/manifests/{reference}")

    def blob(self, digest: str) -> bytes:
        repository = next(iter(self.snapshot()))
        return self._get(f"{repository}/blobs/{digest}")

    @property
    def pushed(self) -> list[tuple[datetime, str, str, str]]:  # type: ignore[override]
        """When each tag was last pushed, read from the registry's own files."""
        pushed = []
        for link in self.folder.glob("docker/**/_manifests/tags/*/current/link"):
            pushed_at = datetime.fromtimestamp(link.stat().st_mtime, UTC)
            pushed.append((pushed_at, "", link.parts[-3], link.read_text()))
        return sorted(pushed)


class SecureDockerRegistry(DockerRegistry):
    """A docker-registry with a certificate from a private CA, and with a login by Basic auth."""

    plain_http = False
    password = PASSWORD

    def __init__(self) -> None:
        super().__init__()
        self.authority = str(self.folder / "authority.pem")
        self._more_config = TLS_AND_LOGIN.format(folder=self.folder)
        (self.folder / "htpasswd").write_text(HTPASSWD)
        (self.folder / "names").write_text("subjectAltName = IP:127.0.0.1\n")
        subprocess.run(
            ["sh", "-ec", CERTIFICATES], cwd=self.folder, check=True, capture_output=True
        )

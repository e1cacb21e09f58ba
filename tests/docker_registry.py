"""Debian's docker-registry, in the place of the sandbox's: what the recipes do must come to the same on both."""

from __future__ import annotations

import base64
import hashlib
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

from tasks.sandbox.registry import MANIFESTS, Registry

CONFIG = """
version: 0.1
log: {{level: error}}
storage:
  filesystem: {{rootdirectory: {folder}}}
  delete: {{enabled: true}}
http:
  addr: {host}
{more}"""
SECURE = """  tls: {{certificate: {folder}/server.pem, key: {folder}/server.key}}
auth:
  htpasswd: {{realm: test, path: {folder}/htpasswd}}
"""
PASSWORD, HASHED = (
    "not-a-secret",
    "stianfro:$2b$04$Q9ViuWlXCAYtaNtHtFzYE.fa9pMpBJXlo5/fqO7eypITstN/fz1NO",
)


class DockerRegistry(Registry):
    """One docker-registry with no login, over a temporary folder: the reading half of the sandbox's Registry, asked over HTTP."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="docker-registry-")
        self._root = Path(self._folder.name) / "docker" / "registry" / "v2" / "repositories"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._host = f"127.0.0.1:{free.getsockname()[1]}"

    @property
    def host(self) -> str:
        return self._host

    _more = ""

    def start(self) -> Self:
        config = Path(self._folder.name) / "config.yml"
        config.write_text(CONFIG.format(folder=self._folder.name, host=self._host, more=self._more))
        self._process = subprocess.Popen(
            ["docker-registry", "serve", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                self._get("")
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            else:
                return self

    def stop(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    __enter__, __exit__ = start, stop

    def _get(self, path: str) -> bytes:
        basic = base64.b64encode(f"stianfro:{self.password}".encode()).decode()
        headers = {"Accept": ", ".join(MANIFESTS)} | (
            {"Authorization": f"Basic {basic}"} if self.password else {}
        )
        request = urllib.request.Request(
            f"http{'' if self.plain_http else 's'}://{self._host}/v2/{path}", headers=headers
        )
        context = ssl.create_default_context(cafile=self.authority) if self.authority else None
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
        return {
            tag: f"sha256:{hashlib.sha256(self.manifest(repository, tag)).hexdigest()}"
            for tag in tags
        }

    def manifest(self, repository: str, reference: str) -> bytes:
        return self._get(f"{repository}/manifests/{reference}")

    def blob(self, digest: str) -> bytes:
        return self._get(f"{next(iter(self.snapshot()))}/blobs/{digest}")

    @property
    def pushed(self) -> list[tuple[datetime, str, str, str]]:  # type: ignore[override]
        """When each tag was last pushed, which the registry's own files tell."""
        links = self._root.glob("**/_manifests/tags/*/current/link")
        found = [
            (datetime.fromtimestamp(link.stat().st_mtime, UTC), link.parts[-3], link.read_text())
            for link in links
        ]
        return sorted((time, "", tag, digest) for time, tag, digest in found)


class SecureDockerRegistry(DockerRegistry):
    """One with TLS, its certificate from a private CA, and with a login by Basic auth, without which nothing is read."""

    plain_http, password = False, PASSWORD

    def __init__(self) -> None:
        super().__init__()
        folder = Path(self._folder.name)
        self.authority = str(folder / "authority.pem")
        self._more = SECURE.format(folder=folder)
        (folder / "htpasswd").write_text(f"{HASHED}\n")
        (folder / "names").write_text("subjectAltName = IP:127.0.0.1\n")
        new = [
            "openssl",
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-batch",
        ]
        signed = [
            "-CA",
            "authority.pem",
            "-CAkey",
            "authority.key",
            "-CAcreateserial",
            "-days",
            "2",
            "-extfile",
            "names",
        ]
        for argv in (
            [
                *new,
                "-x509",
                "-days",
                "2",
                "-subj",
                "/CN=private",
                "-keyout",
                "authority.key",
                "-out",
                "authority.pem",
            ],
            [*new, "-subj", "/CN=registry", "-keyout", "server.key", "-out", "server.csr"],
            ["openssl", "x509", "-req", "-in", "server.csr", "-out", "server.pem", *signed],
        ):
            subprocess.run(argv, cwd=folder, check=True, capture_output=True)

"""What the registry's tests share: the sandbox's registry with a login, and a chart to publish."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.sandbox.registry import Registry as SandboxRegistry
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.registry.api import Registry
from tasks.toolkit.clients.registry.manifest import (
    CHART_LAYER,
    MANIFEST,
    Manifest,
    digest_of,
    saved_blob,
)
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.clients.registry.session import RegistrySession
from tasks.toolkit.core.secret import Secret

TOKEN = "hush-hush"


class Service:
    """The sandbox's registry, and clients of it."""

    def __init__(self, sandbox: SandboxRegistry, folder: Path) -> None:
        self.sandbox = sandbox
        self.saved = folder

    def client(self, token: str = TOKEN, dry_run: bool = False, limit: float = 5) -> Registry:
        """Return a client with a session of its own; without a token it is anonymous."""
        login = ("me", Secret(token)) if token else None
        session = RegistrySession(self.sandbox.host, True, login, limit)
        return Registry(session, Executor(dry_run=dry_run))

    def reference(self, path: str) -> Reference:
        """Return the reference of `repository:tag` in this registry."""
        return Reference.parse(f"{self.sandbox.host}/{path}")

    def publish(self, path: str, archive: bytes = b"the chart") -> Manifest:
        """Publish an archive as `repository:tag`, through the API."""
        config = b"{}"
        layer = {"mediaType": CHART_LAYER, "digest": digest_of(archive), "size": len(archive)}
        content = {"config": {"digest": digest_of(config)}, "layers": [layer]}
        manifest = Manifest(json.dumps(content).encode(), MANIFEST)
        for blob in (config, archive):
            saved_blob(self.saved, digest_of(blob)).write_bytes(blob)
        assert self.client().upload_saved(self.reference(path), manifest, self.saved) is True
        return manifest

    def make_private(self, repository: str) -> None:
        """Let only a login read a repository."""
        self.sandbox.access.private.add(repository)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Provide a registry in which nothing is published yet."""
    folder = tmp_path / "published"
    folder.mkdir()
    with SandboxRegistry({TOKEN}) as sandbox:
        yield Service(sandbox, folder)

"""What the registry's tests share: the sandbox's registry with a login, and a chart to publish."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tasks.sandbox.registry import Registry as SandboxRegistry
from tasks.sandbox.server import Reply, Request
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.registry.api import Registry
from tasks.toolkit.clients.registry.manifest import Manifest, digest_of
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.clients.registry.saved import saved_blob
from tasks.toolkit.clients.registry.session import RegistrySession
from tasks.toolkit.core.secret import Secret

from ....docker_registry import SecureDockerRegistry
from ...manifests import CONFIG, chart_manifest

TOKEN = "hush-hush"
Answer = Callable[[Request], Reply]


class Service:
    """The sandbox's registry, and clients of it."""

    def __init__(
        self,
        sandbox: SandboxRegistry,
        folder: Path,
    ) -> None:
        self.sandbox = sandbox
        self.saved = folder

    def session(self, token: str = TOKEN) -> RegistrySession:
        """Return a new session; without a token it is anonymous."""
        login = ("me", Secret(token)) if token else None
        return RegistrySession(
            self.sandbox.host,
            plain_http=True,
            login=login,
            limit=5,
        )

    def client(
        self,
        token: str = TOKEN,
        dry_run: bool = False,
    ) -> Registry:
        """Return a client with a session of its own; without a token it is anonymous."""
        executor = Executor(dry_run=dry_run)
        return Registry(self.session(token), executor)

    def reference(self, path: str) -> Reference:
        """Return the reference of `repository:tag` in this registry."""
        return Reference.parse(f"{self.sandbox.host}/{path}")

    def publish(
        self,
        path: str,
        archive: bytes = b"the chart",
    ) -> Manifest:
        """Publish an archive as `repository:tag`, through the API."""
        manifest = chart_manifest(archive)
        for blob in (CONFIG, archive):
            file = saved_blob(self.saved, digest_of(blob))
            file.write_bytes(blob)
        reference = self.reference(path)
        assert self.client().upload_saved(reference, manifest, self.saved) is True
        return manifest

    def make_private(self, repository: str) -> None:
        """Let only a login read a repository."""
        self.sandbox.access.private.add(repository)

    def disturb(self, change: Callable[[Answer, Request], Reply]) -> None:
        """Let `change` give the registry's answers from now on; it gets the answer so far."""
        answer = self.sandbox.server.answer
        self.sandbox.server.answer = lambda request: change(answer, request)

    def asked(self, method: str) -> list[str]:
        """Return the paths that were asked for by a method, but not for a token."""
        paths = []
        for used, path in self.sandbox.requests:
            if used == method and not path.startswith("/token"):
                paths.append(path)
        return paths


@pytest.fixture
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Provide a registry in which nothing is published yet."""
    folder = tmp_path_factory.mktemp("published")
    with SandboxRegistry({TOKEN}) as sandbox:
        yield Service(sandbox, folder)


@pytest.fixture
def registry(service: Service) -> Registry:
    """Provide a client that may push."""
    return service.client()


@pytest.fixture
def anonymous(service: Service) -> Registry:
    """Provide a client without a login."""
    return service.client(token="")


@pytest.fixture
def chart(service: Service) -> Reference:
    """Provide the reference of a version that a test may publish."""
    return service.reference("a/b:1.0.0")


@pytest.fixture
def open_registry() -> Iterator[SandboxRegistry]:
    """Provide a registry that anybody may read and change."""
    with SandboxRegistry() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def secure() -> Iterator[SecureDockerRegistry]:
    """Provide a real registry with a login by Basic auth and a certificate of a private CA."""
    if not shutil.which("docker-registry"):
        pytest.skip("docker-registry is not installed (the Debian package of that name)")
    with SecureDockerRegistry() as registry:
        yield registry


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep proxies of the machine out of the tests."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)

"""What answers in a rehearsal: a registry for each host, and GitHub for the repository."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..github import GitHub, Web
from ..registry import Registry
from ..server import Reply, Request
from .gateway import Gateway

REGISTRY_PATHS = ("/v2/", "/token")
GITHUB_API = "api.github.com"
GITHUB = "github.com"


@dataclass(frozen=True)
class Refusal:
    """What was asked for and refused, such as https://example.com/x, while `steps` ran.

    A step is given by the name of its job, and its key.
    """

    wanted: str
    steps: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Upload:
    """A tag that was pushed to a repository of a host, while `steps` ran."""

    host: str
    repository: str
    tag: str
    digest: str
    steps: tuple[tuple[str, str], ...]


@dataclass
class Services:
    """Answers every host; `running` returns the steps that run now. Pushes need `token`."""

    github: GitHub
    token: str
    running: Callable[[], tuple[tuple[str, str], ...]]
    registries: dict[str, Registry] = field(default_factory=dict)
    uploads: list[Upload] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    absent: list[Refusal] = field(default_factory=list)  # repositories that nothing was pushed to

    def __post_init__(self) -> None:
        self._web = Web(self.github.repository)
        self._lock = threading.Lock()

    def gateway(self, path: Path | None) -> Gateway:
        """Return the proxy that leads here, on a unix socket or a port."""
        return Gateway(self.answer, self.refuse, path)

    def answer(self, host: str, request: Request) -> Reply:
        """Answer a request to a host."""
        if request.path.startswith(REGISTRY_PATHS):
            return self._answer_as_registry(host, request)
        if host == GITHUB_API:
            return self.github.server.answer(request)
        if host == GITHUB and request.path.startswith(f"/{self.github.slug}"):
            return self._web.server.answer(request)
        scheme = request.headers.get("x-forwarded-proto", "http")
        self.refuse(f"{scheme}://{host}{request.path}")
        message = f"a rehearsal reaches no other host than registries and GitHub: not {host}"
        return Reply(403, {"message": message})

    def refuse(self, wanted: str) -> None:
        """Note that something cannot be had."""
        self.refusals.append(Refusal(wanted, self.running()))

    def _answer_as_registry(self, host: str, request: Request) -> Reply:
        with self._lock:
            registry = self._registry(host)
            known = len(registry.pushed)
            reply = registry.answer(request)
            for _, repository, tag, digest in registry.pushed[known:]:
                self.uploads.append(Upload(host, repository, tag, digest, self.running()))
        repository = _repository_read(request)
        if reply.status in (403, 404) and repository and not registry.tags(repository):
            self.absent.append(Refusal(f"{host}/{repository}", self.running()))
        return reply

    def _registry(self, host: str) -> Registry:
        if host not in self.registries:
            registry = Registry({self.token})
            registry.access.host = host
            self.registries[host] = registry
        return self.registries[host]

    def stop(self) -> None:
        """Free what was bound."""
        self._web.server.stop()
        for registry in self.registries.values():
            registry.stop()


def _repository_read(request: Request) -> str:
    """Return the repository whose tags or manifest a request reads, or nothing."""
    if request.method not in ("GET", "HEAD"):
        return ""
    for part in ("/manifests/", "/tags/"):
        name, found, _ = request.path.removeprefix("/v2/").rpartition(part)
        if found:
            return name
    return ""

"""What answers in a rehearsal: a registry for each host, and GitHub for the repository."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..github import GitHub, Web
from ..registry import Registry
from ..server import Reply, Request
from .gateway import Gateway
from .printable import one_line

REGISTRY_PATHS = ("/v2/", "/token")
EMPTY_INDEX = Reply(200, b"apiVersion: v1\nentries: {}\n", {"Content-Type": "text/yaml"})
DELAY = 0.05  # seconds
LONGEST_DELAY = 2.0
GITHUB_API = "api.github.com"
GITHUB = "github.com"
LIMITS = "limits.invalid"  # launch.py tells this host what steps used too much of
MOST_REFUSALS = 50  # of the same steps
MOST_UPLOADS = 200
MOST_REGISTRIES = 50


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
        self._noting = threading.Lock()
        self._run_has_ended = threading.Event()
        self._nobody_asks = threading.Condition()
        self._asking_now = 0

    def gateway(self, path: Path | None) -> Gateway:
        """Return the proxy that leads here, on a unix socket or a port."""
        return Gateway(self.answer, self.refuse, path)

    def answer(self, host: str, request: Request) -> Reply:
        """Answer a request to a host."""
        with self._counting_requests():
            return self._answer(host, request)

    def _answer(self, host: str, request: Request) -> Reply:
        if request.path.startswith(REGISTRY_PATHS):
            return self._answer_as_registry(host, request)
        if host == GITHUB_API:
            return self.github.server.answer(request)
        if host == GITHUB and request.path.startswith(f"/{self.github.slug}"):
            return self._web.server.answer(request)
        if host == LIMITS:
            self.refuse(request.body.decode(errors="replace"))
            return Reply(204)
        scheme = request.headers.get("x-forwarded-proto", "http")
        self.refuse(f"{scheme}://{host}{request.path}")
        if request.path.endswith("/index.yaml"):  # `helm repo add` may need no chart of it
            return EMPTY_INDEX
        message = f"a rehearsal reaches no other host than registries and GitHub: not {host}"
        return Reply(403, {"message": message})

    def refuse(self, wanted: str) -> None:
        """Note that something cannot be had."""
        with self._counting_requests():
            self._note(self.refusals, wanted)

    def _note(self, refusals: list[Refusal], wanted: str) -> None:
        """Add a refusal, if it is new and the steps that run now have not had too many."""
        refusal = Refusal(one_line(wanted), self._asking())
        with self._noting:
            of_steps = [other for other in refusals if other.steps == refusal.steps]
            if refusal not in of_steps and len(of_steps) < MOST_REFUSALS:
                refusals.append(refusal)

    def _asking(self) -> tuple[tuple[str, str], ...]:
        """Return the steps that may make a request, which waits for its answer meanwhile.

        What act has printed about their start is read a little later than they start.
        """
        deadline = time.monotonic() + LONGEST_DELAY
        time.sleep(DELAY)
        while not self.running() and time.monotonic() < deadline:
            if self._run_has_ended.is_set():
                break
            time.sleep(DELAY)
        return self.running()

    @contextmanager
    def _counting_requests(self) -> Iterator[None]:
        with self._nobody_asks:
            self._asking_now += 1
        try:
            yield
        finally:
            with self._nobody_asks:
                self._asking_now -= 1
                self._nobody_asks.notify_all()

    def settle(self) -> None:
        """Wait until all is noted that was asked for, once the run has ended."""
        self._run_has_ended.set()
        with self._nobody_asks:
            self._nobody_asks.wait_for(lambda: self._asking_now == 0, LONGEST_DELAY)

    def _answer_as_registry(self, host: str, request: Request) -> Reply:
        with self._lock:
            excess = self._excess(host)
            if excess:
                self.refuse(excess)
                return Reply(403, {"message": f"a rehearsal does not have {excess}"})
            registry = self._registry(host)
            known = len(registry.pushed)
            reply = registry.answer(request)
            for _, repository, tag, digest in registry.pushed[known:]:
                self.uploads.append(Upload(host, repository, tag, digest, self._asking()))
        repository = _repository_read(request)
        if reply.status in (403, 404) and repository and not registry.tags(repository):
            self._note(self.absent, f"{host}/{repository}")
        return reply

    def _excess(self, host: str) -> str:
        """Return what a request to a registry would be too much of, or nothing."""
        if len(self.uploads) >= MOST_UPLOADS:
            return f"more than {MOST_UPLOADS} pushes"
        if host not in self.registries and len(self.registries) >= MOST_REGISTRIES:
            return f"more than {MOST_REGISTRIES} registries"
        return ""

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

"""GitHub's API for one repository, served on a unix socket."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from ..server import Reply, Request, Server
from . import queries, rest, scopes
from .faults import Faults
from .repository import Repository
from .rest_actions import ACTION_ROUTES
from .rest_artifacts import ARTIFACT_ROUTES
from .rest_commits import COMMIT_ROUTES
from .rest_contents import CONTENT_ROUTES
from .rest_environments import ENVIRONMENT_ROUTES
from .rest_packages import PACKAGE_ROUTES
from .state import State
from .workflows import Actions

ROUTES = {
    **ACTION_ROUTES,
    **ARTIFACT_ROUTES,
    **COMMIT_ROUTES,
    **CONTENT_ROUTES,
    **ENVIRONMENT_ROUTES,
    **PACKAGE_ROUTES,
}


class GitHub(State):
    """The repository `slug` (owner/name) at `remote`, served to clients that have `token`.

    Workflows run in folders under `workdir` and see `env`. `requests` are (method, path), oldest
    first; `faults` are to come.
    """

    def __init__(
        self,
        remote: Path,
        slug: str,
        token: str,
        socket: Path,
        workdir: Path,
        env: Mapping[str, str],
    ) -> None:
        repository = Repository(remote, slug)
        super().__init__(repository, Actions(repository, token, workdir, env, socket=socket))
        self.requests = list[tuple[str, str]]()
        self.faults = Faults()
        self.server = Server(self._answer, socket)

    def limit_token(self, *granted: str) -> None:
        """Let the token have these scopes only, at ghcr.io too."""
        self.scopes = set(granted)
        access = self.packages.access
        access.readonly.discard(self.actions.token)
        if access.host == "ghcr.io" and "write:packages" not in granted:
            access.readonly.add(self.actions.token)

    def start(self) -> None:
        """Begin to serve."""
        self.server.start()

    def stop(self) -> None:
        """Stop the server, and cancel the runs."""
        self.server.stop()
        for run in self.runs:
            run.cancel()

    def _answer(self, request: Request) -> Reply:
        """Answer a request, and let the changes that it makes take effect."""
        token = request.headers.get("authorization", "").rpartition(" ")[2]
        if token and token == self.actions.job_token != self.actions.token:
            return self._answer_job(request)
        name = _request_name(request)
        self.requests.append((request.method, name))
        if token != self.actions.token:
            return rest.error(401, "Bad credentials")
        answer = partial(self._reply_to, request)
        with self.lock:
            self.sync()
            reply = self.faults.apply(f"{request.method} {name}", answer)
            self.sync()
        granted = scopes.headers(self.scopes, request)
        headers = {**granted, **self.faults.headers(), **reply.headers}
        return Reply(reply.status, reply.body, headers)

    def _answer_job(self, request: Request) -> Reply:
        """Answer a job, whose changes start no workflow, and which runs into no fault."""
        with self.lock:
            self.sync()
            self.job_acts = True
            try:
                return self._reply_to(request)
            finally:
                self.job_acts = False

    def _reply_to(self, request: Request) -> Reply:
        if request.path == "/rate_limit":
            return Reply(body=self.faults.rate_limits())
        if request.path == "/graphql":
            answer = queries.answer(self, request.json())
            return Reply(body=answer)
        return rest.answer(ROUTES, self, request)


def _request_name(request: Request) -> str:
    """Return the path of a request, with the name of a GraphQL operation."""
    if request.path != "/graphql":
        return request.path
    query = request.json()["query"]
    operation = re.search(r"(?:query|mutation)\s+(\w+)", query)
    if not operation:
        return request.path
    return f"{request.path} {operation[1]}"

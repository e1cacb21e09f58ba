"""The endpoints of a registry's API, and which of them a request calls.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..server import Request

ROUTE = re.compile(r"/v2/(.+)/(manifests|blobs/uploads|blobs|tags(?=/list$))/([^/]*)")


@dataclass(frozen=True)
class Call:
    """A call of an `endpoint`, such as "GET manifests".

    It is about a `reference` in a `repository`: a tag, a digest, or the name of an upload.
    """

    endpoint: str
    repository: str
    reference: str
    request: Request

    @classmethod
    def parse(cls, request: Request) -> Call | None:
        """Return the call that a request makes, or None if no endpoint has its path."""
        route = ROUTE.fullmatch(request.path)
        if not route:
            return None
        repository, kind, reference = route.groups()
        method = request.method.replace("HEAD", "GET")
        return cls(
            f"{method} {kind}",
            repository,
            reference,
            request,
        )

    @property
    def action(self) -> str:
        """What the caller must be permitted to do: "pull" or "push"."""
        return "pull" if self.endpoint.startswith("GET") else "push"

    def parameter(self, name: str) -> str:
        """Return a parameter of the query, or "" if it is not given."""
        query = self.request.query
        return query.get(name, "")

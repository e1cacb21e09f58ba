"""The base of GitHub's REST API: https://docs.github.com/en/rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..server import Reply, Request
from .records import Refusal
from .state import State

Json = dict[str, Any]
Routes = Mapping[str, Callable[..., Any]]


def answer(routes: Routes, github: State, request: Request) -> Reply:
    """Answer by the first route that matches, in which `REPO` is the repository's path."""
    prefix = re.escape(f"/repos/{github.slug}")
    path = re.sub(f"^{prefix}", "REPO", request.path, flags=re.IGNORECASE)
    try:
        for route, handle in routes.items():
            match = re.fullmatch(route, f"{request.method} {path}")
            if match:
                return _reply(handle(github, request, *match.groups()))
    except Refusal as refusal:
        status = 403 if refusal.kind == "FORBIDDEN" else 422
        return error(status, str(refusal))
    except LookupError:
        pass
    return error(404, "Not Found")


def _reply(result: Any) -> Reply:
    if isinstance(result, Reply):
        return result
    if result is None:
        return Reply(204)
    return Reply(body=result)


def error(status: int, message: str) -> Reply:
    """Return an error as GitHub does."""
    url = "https://docs.github.com/rest"
    return Reply(status, {"message": message, "documentation_url": url, "status": str(status)})


def requested_slice(request: Request) -> slice:
    """Return which part of a list a request asks for."""
    size = int(request.query.get("per_page", 30))
    number = int(request.query.get("page", 1))
    return slice((number - 1) * size, number * size)


def page(request: Request, items: Sequence[Any]) -> Reply:
    """Return the part of a list that a request asks for, and where the next part is."""
    part = requested_slice(request)
    if part.stop >= len(items):
        return Reply(body=items[part])
    size = part.stop - part.start
    query = f"per_page={size}&page={part.stop // size + 1}"
    link = f'<https://api.github.com{request.path}?{query}>; rel="next"'
    return Reply(body=items[part], headers={"Link": link})

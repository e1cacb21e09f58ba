"""The base of GitHub's REST API: https://docs.github.com/en/rest."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..server import Reply, Request
from .records import Refusal
from .state import State

Json = dict[str, Any]
Handler = Callable[..., Any]
Routes = Mapping[str, Handler]
PERMISSIONS = {  # that a change needs, by a part of the path
    "actions": "actions",
    "issues": "issues",
    "labels": "issues",
    "packages": "packages",
    "releases": "contents",
}


def answer(routes: Routes, github: State, request: Request) -> Reply:
    """Answer by the first route that matches, in which `REPO` is the repository's path.

    Its handler gets the state, and those parameters of the request that it names.
    """
    prefix = re.escape(f"/repos/{github.slug}")
    path = re.sub(f"^{prefix}", "REPO", request.path, flags=re.IGNORECASE)
    try:
        for route, handle in routes.items():
            match = re.fullmatch(route, f"{request.method} {path}")
            if match:
                _require_permission(github, request.method, path)
                given = _parameters(request, match)
                return _reply(request, _call(handle, github, given))
    except Refusal as refusal:
        status = 403 if refusal.kind == "FORBIDDEN" else 422
        return error(status, str(refusal))
    except LookupError:
        pass
    return error(404, "Not Found")


def _require_permission(github: State, method: str, path: str) -> None:
    """Raise Refusal if a request changes what its token may only read."""
    if method == "GET":
        return
    for part in path.split("/"):
        if part in PERMISSIONS:
            github.require_write(PERMISSIONS[part])
            return


def _parameters(request: Request, match: re.Match[str]) -> Json:
    """Return the parameters of the path, query and body, and the whole body as `changes`."""
    body = request.json()
    return {
        **request.query,
        **body,
        **match.groupdict(),
        "changes": body,
    }


def _call(handle: Handler, github: State, given: Mapping[str, Any]) -> Any:
    names = inspect.signature(handle).parameters.keys() & given.keys()
    return handle(github, **{name: given[name] for name in names})


def _reply(request: Request, result: Any) -> Reply:
    if isinstance(result, Reply):
        return result
    if isinstance(result, list):
        return _page(request, result)
    if result is None:
        return Reply(204)
    return Reply(body=result)


def error(status: int, message: str) -> Reply:
    """Return an error as GitHub does."""
    body = {
        "message": message,
        "documentation_url": "https://docs.github.com/rest",
        "status": str(status),
    }
    return Reply(status, body)


def _page(request: Request, items: Sequence[Any]) -> Reply:
    """Return the part of a list that a request asks for, and where the next part is."""
    size = int(request.query.get("per_page", 30))
    number = int(request.query.get("page", 1))
    part = page_slice(number, size)
    if part.stop >= len(items):
        return Reply(body=items[part])
    query = f"per_page={size}&page={number + 1}"
    link = f'<https://api.github.com{request.path}?{query}>; rel="next"'
    return Reply(body=items[part], headers={"Link": link})


def page_slice(number: int, size: int) -> slice:
    """Return which part of a list a page is; pages are counted from 1."""
    stop = number * size
    return slice(stop - size, stop)

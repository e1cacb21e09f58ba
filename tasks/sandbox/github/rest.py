"""The base of GitHub's REST API: https://docs.github.com/en/rest."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..server import Reply, Request
from .records import Refusal
from .scopes import ensure_request
from .state import State

Json = dict[str, Any]
Handler = Callable[..., Any]
Routes = Mapping[str, Handler]
STATUSES = {"BAD_REQUEST": 400, "FORBIDDEN": 403}  # by the kind of a refusal, else 422
TYPES = {"bool": bool, "str": str}  # of parameters, by their annotations
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
                if not github.job_acts:
                    ensure_request(github.scopes, request)
                _require_permission(github, request.method, path)
                given = _parameters(request, match)
                return _reply(request, _call(handle, github, given))
    except Refusal as refusal:
        status = STATUSES.get(refusal.kind, 422)
        return error(status, str(refusal), refusal.detail)
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
    try:
        body = request.json()
    except ValueError:
        raise Refusal("Problems parsing JSON", "BAD_REQUEST") from None
    return {
        **request.query,
        **body,
        **match.groupdict(),
        "changes": body,
    }


def _call(handle: Handler, github: State, given: Mapping[str, Any]) -> Any:
    """Call a handler with its parameters. Raises Refusal for missing ones and wrong types."""
    arguments = dict[str, Any]()
    for name, parameter in inspect.signature(handle).parameters.items():
        if name in given:
            _check_type(name, given[name], parameter.annotation)
            arguments[name] = given[name]
        elif parameter.annotation == "str" and parameter.default is parameter.empty:
            raise Refusal(f'Invalid request.\n\n"{name}" wasn\'t supplied.')
    return handle(github, **arguments)


def _check_type(name: str, value: Any, annotation: str) -> None:
    if annotation in TYPES and not isinstance(value, TYPES[annotation]):
        shown = json.dumps(value)
        raise Refusal(f"Invalid request.\n\nFor 'properties/{name}', {shown} is of a wrong type.")


def _reply(request: Request, result: Any) -> Reply:
    if isinstance(result, Reply):
        return result
    if isinstance(result, list):
        return _page(request, result)
    if result is None:
        return Reply(204)
    return Reply(body=result)


def error(status: int, message: str, detail: Mapping[str, str] | None = None) -> Reply:
    """Return an error as GitHub does."""
    body: Json = {
        "message": message,
        "documentation_url": "https://docs.github.com/rest",
        "status": str(status),
    }
    if detail:
        body["errors"] = [detail]
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

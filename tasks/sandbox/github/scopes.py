"""The scopes of a classic token, and what GitHub refuses without them.

https://docs.github.com/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from ..server import Request
from . import merges
from .records import Pull, Refusal
from .repository import Repository

Scopes = Set[str] | None  # None: of a fine-grained token, which GitHub does not name
ALL = frozenset({"repo", "workflow", "write:packages", "delete:packages"})
WORKFLOWS = ".github/workflows/"
INCLUDED = {"repo": "public_repo", "write:packages": "read:packages"}
REPOSITORY = ("public_repo", "repo")
REST_SCOPES = {  # that a request needs one of, by a pattern of it
    "DELETE .*/packages/.*": ("delete:packages",),
    "GET .*/packages/.*": ("read:packages",),
    "(POST|PUT|PATCH|DELETE) /repos/.*": REPOSITORY,
}
NO_SCOPE = "Your token has not been granted the required scopes to execute this query."


def headers(granted: Scopes, request: Request) -> dict[str, str]:
    """Return the headers that name the scopes of the token, and those that a request needs."""
    if granted is None:
        return {}
    return {
        "X-Oauth-Scopes": ", ".join(sorted(granted)),
        "X-Accepted-Oauth-Scopes": ", ".join(_accepted(request)),
    }


def ensure_request(granted: Scopes, request: Request) -> None:
    """Raise LookupError or Refusal if a request needs a scope that the token lacks."""
    accepted = _accepted(request)
    if _has_one_of(granted, accepted):
        return
    if accepted == REPOSITORY:
        raise LookupError(request.path)
    text = f"You need at least {accepted[0]} scope to {request.method.lower()} a package version."
    raise Refusal(text, "FORBIDDEN")


def ensure_mutation(granted: Scopes, name: str) -> None:
    """Raise Refusal if a mutation needs a scope that the token lacks."""
    if _has_one_of(granted, REPOSITORY):
        return
    has = sorted(granted or ())
    needs = f"The '{name}' field requires one of the following scopes: ['public_repo']"
    text = f"{NO_SCOPE} {needs}, but your token has only been granted the: {has} scopes."
    advice = "Please modify your token's scopes at: https://github.com/settings/tokens."
    raise Refusal(f"{text} {advice}", "INSUFFICIENT_SCOPES")


def forbidden_workflow(granted: Scopes, repository: Repository, pull: Pull) -> str:
    """Return a workflow that a pull request changes and the token may not, or nothing."""
    if granted is None or "workflow" in granted:
        return ""
    return changed_workflow(repository, pull)


def changed_workflow(repository: Repository, pull: Pull) -> str:
    """Return a workflow that a pull request changes, or nothing."""
    for file in merges.changed_files(repository, pull):
        if file["path"].startswith(WORKFLOWS):
            return str(file["path"])
    return ""


def _accepted(request: Request) -> Sequence[str]:
    for pattern, scopes in REST_SCOPES.items():
        if re.fullmatch(pattern, f"{request.method} {request.path}"):
            return scopes
    return ()


def _has_one_of(granted: Scopes, accepted: Sequence[str]) -> bool:
    if granted is None or not accepted:
        return True
    included = {INCLUDED[scope] for scope in granted if scope in INCLUDED}
    return not (granted | included).isdisjoint(accepted)

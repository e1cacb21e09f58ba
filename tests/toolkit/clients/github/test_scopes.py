"""The scopes of the token: read from a header, and unknown if GitHub does not name them."""

from __future__ import annotations

import pytest

from tasks.sandbox.github import GitHub as Server
from tasks.toolkit.clients.github.client import GitHub
from tasks.toolkit.clients.github.scopes import parse_scopes

HEADERS = [
    ("X-Oauth-Scopes: gist, repo", {"gist", "repo"}),
    ("x-oauth-scopes:repo,workflow\r", {"repo", "workflow"}),
    ("Date: today\r\nX-OAuth-Scopes: write:packages\r\n\r\n", {"write:packages"}),
    ("X-Accepted-OAuth-Scopes: repo\nX-OAuth-Scopes: gist", {"gist"}),
    ("X-OAuth-Scopes: ", None),  # of an app's token
    ("X-OAuth-Scopes:\r\nDate: today", None),
    ("X-Accepted-OAuth-Scopes: repo", None),
    ("", None),
]


@pytest.mark.parametrize(("headers", "scopes"), HEADERS)
def test_scopes_are_read_from_their_header(headers: str, scopes: set[str] | None) -> None:
    assert parse_scopes(f"HTTP/2.0 200 OK\r\n{headers}\n") == scopes


def test_a_token_is_asked_for_its_scopes_once(server: Server, github: GitHub) -> None:
    server.scopes = {"public_repo", "gist"}
    lacking = ("workflow", "write:packages", "delete:packages")
    assert [scope for scope in ("repo", *lacking) if github.scopes.lacks(scope)] == list(lacking)
    assert server.requests == [("GET", "/")]


def test_of_a_fine_grained_token_nothing_is_known(server: Server, github: GitHub) -> None:
    server.scopes = None
    assert github.scopes.granted() is None
    assert not github.scopes.lacks("repo")
    assert server.requests == [("GET", "/")]


def test_a_refused_token_is_left_to_the_step_to_explain(stranger: GitHub) -> None:
    assert stranger.scopes.granted() is None

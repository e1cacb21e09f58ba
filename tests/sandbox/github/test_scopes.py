"""Scopes: what a classic token may not do is refused in the words of GitHub."""

from __future__ import annotations

import pytest

from tasks.sandbox.github import rest
from tasks.sandbox.github.queries import answer
from tasks.sandbox.github.records import Pull
from tasks.sandbox.github.scopes import ALL, headers
from tasks.sandbox.github.service import ROUTES
from tasks.sandbox.github.state import State
from tasks.sandbox.server import Request

from .conftest import Clone

LABELS = "/repos/stianfro/threek8s/labels"
VERSION = "/users/stianfro/packages/container/threek8s/versions"
MERGE = 'mutation { mergePullRequest(input: {pullRequestId: "Pull_1"}) { clientMutationId } }'
REFUSALS = [
    ("POST", LABELS, {"gist"}, 404, "Not Found"),
    ("DELETE", f"{VERSION}/1", ALL - {"delete:packages"}, 403, "You need at least delete:packages"),
    ("GET", VERSION, {"repo"}, 403, "You need at least read:packages scope"),
]


def request(method: str, path: str) -> Request:
    return Request(method, path, {}, {}, b"{}")


@pytest.mark.parametrize(("method", "path", "scopes", "status", "text"), REFUSALS)
def test_rest_refuses_without_a_scope(
    github: State,
    method: str,
    path: str,
    scopes: set[str],
    status: int,
    text: str,
) -> None:
    github.scopes = scopes
    reply = rest.answer(ROUTES, github, request(method, path))
    assert reply.status == status
    assert reply.body["message"].startswith(text)


def test_the_headers_name_the_scopes_of_a_classic_token() -> None:
    named = headers({"repo", "gist"}, request("POST", LABELS))
    assert named["X-Oauth-Scopes"] == "gist, repo"
    assert named["X-Accepted-Oauth-Scopes"] == "public_repo, repo"
    assert headers(None, request("POST", LABELS)) == {}


def merge_refusal(github: State) -> tuple[str, str]:
    """Return message and type of the error of a merge of #1."""
    error = answer(github, {"query": MERGE})["errors"][0]
    return error["message"], error["type"]


@pytest.mark.usefixtures("pull")
def test_a_mutation_without_a_scope_names_what_it_needs(github: State) -> None:
    github.scopes = {"gist"}
    message, kind = merge_refusal(github)
    assert kind == "INSUFFICIENT_SCOPES"
    assert "'mergePullRequest' field requires one of the following scopes" in message
    assert "has only been granted the: ['gist'] scopes" in message


def test_a_pull_request_that_changes_workflows_is_blocked(
    github: State,
    clone: Clone,
    pull: Pull,
) -> None:
    github.scopes = {"repo"}
    assert github.merge_state(pull) == "CLEAN"
    clone.push("two", "", "on: {push: {branches: [main]}}\n", ".github/workflows/ci.yml")
    github.sync()
    assert github.merge_state(pull) == "BLOCKED"
    message, _ = merge_refusal(github)
    assert "workflow `.github/workflows/ci.yml` without `workflow` scope" in message
    github.scopes = None
    assert github.merge_state(pull) == "CLEAN"

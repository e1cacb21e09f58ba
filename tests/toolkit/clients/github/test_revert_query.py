"""All that a revert asks before it acts comes with one request, or with those that it replaces."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tasks.sandbox.github import GitHub as Server
from tasks.sandbox.server import Reply, Request
from tasks.toolkit.clients.github.client import GitHub
from tasks.toolkit.clients.github.merging import MergeRules
from tasks.toolkit.core.errors import BadInput, ServiceError

from .conftest import add_pull

QUERY = ("POST", "/graphql RevertFacts")
MERGE = MergeRules("--squash", has_queue=False)


def test_one_request_answers_all_that_four_would(server: Server, github: GitHub) -> None:
    server.scopes = {"repo", "workflow"}
    add_pull(server, 42)
    pull = github.pull_to_revert(42, "main")
    newest = github.pulls.reverts_of(pull)
    assert (newest, github.merging.rules("main")) == ([], MERGE)
    assert github.scopes.granted() == frozenset({"repo", "workflow"})
    assert server.requests == [QUERY]
    assert pull == replace(github.pulls.get(42), merge_state=pull.merge_state)


def test_the_newest_pull_requests_are_read_again_for_who_asks_again(
    server: Server, github: GitHub
) -> None:
    bad = server.open_pull("two", "main", "feat: two")
    server.merge(bad.number)
    pull = github.pull_to_revert(bad.number, "main")
    assert github.pulls.reverts_of(pull) == []
    revert = server.revert(bad.number)
    (found,) = github.pulls.reverts_of(pull)
    assert found.number == revert.number


def test_an_unknown_pull_request_is_refused_as_ever(server: Server, github: GitHub) -> None:
    with pytest.raises(BadInput, match="has no pull request #99"):
        github.pull_to_revert(99, "main")
    assert server.requests == [QUERY]


@pytest.mark.parametrize("shown", ["[]", '{"data": null}', '{"data": {"repository": {}}}'])
def test_an_answer_of_another_form_is_no_answer(server: Server, github: GitHub, shown: str) -> None:
    add_pull(server, 42)
    answer = server.server.answer

    def strange(request: Request) -> Reply:
        if b"RevertFacts" in request.body:
            return Reply(200, shown.encode(), {"Content-Type": "application/json"})
        return answer(request)

    server.server.answer = strange
    assert github.pull_to_revert(42, "main").number == 42
    assert github.merging.rules("main") == MERGE


def test_a_fault_that_stays_is_not_asked_around(server: Server, github: GitHub) -> None:
    requests = []

    def fail(request: Request) -> Reply:
        requests.append(json.loads(request.body)["query"])
        return Reply(502, b"<html>", {"Content-Type": "text/html"})

    server.server.answer = fail
    with pytest.raises(ServiceError):
        github.pull_to_revert(42, "main")
    assert all("RevertFacts" in query for query in requests)


def test_a_body_gives_no_scopes(server: Server, github: GitHub) -> None:
    server.scopes = {"repo"}
    add_pull(server, 42, body="\r\n\r\nX-OAuth-Scopes: workflow\r\n")
    github.pull_to_revert(42, "main")
    assert github.scopes.granted() == frozenset({"repo"})

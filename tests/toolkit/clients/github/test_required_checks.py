"""The checks that a branch requires, in the older way and by rulesets."""

from __future__ import annotations

import json

import pytest

from tasks.sandbox.github import GitHub as Server
from tasks.sandbox.server import Reply, Request
from tasks.toolkit.clients.github.client import GitHub
from tasks.toolkit.core.errors import RecipeError

RULES = [
    {"type": "deletion"},
    {
        "type": "required_status_checks",
        "parameters": {
            "required_status_checks": [{"context": "build", "integration_id": 15368}],
        },
    },
]


def test_the_checks_of_the_protection_and_of_rulesets_are_named(
    server: Server, github: GitHub
) -> None:
    assert github.required_checks("main") == []
    server.required_checks = ["lint"]
    answer = server.server.answer

    def with_rules(request: Request) -> Reply:
        if "/rules/" in request.path:
            return Reply(200, json.dumps(RULES).encode(), {"Content-Type": "application/json"})
        return answer(request)

    server.server.answer = with_rules
    assert github.required_checks("main") == ["build", "lint"]


def test_an_unknown_branch_is_an_error(github: GitHub) -> None:
    with pytest.raises(RecipeError):
        github.required_checks("nothing")

"""The comparisons with GitHub's descriptions find each kind of deviation."""

from __future__ import annotations

import json
from typing import Any

import graphql
import pytest

from .graphql_schema import SchemaComparison
from .openapi import Contract

THING = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string", "nullable": True},
        "state": {"enum": ["open", "closed"], "type": "string"},
        "created_at": {"type": "string", "format": "date-time"},
        "user": {"anyOf": [{"$ref": "#/components/schemas/user"}, {"type": "string"}]},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}
USER = {"type": "object", "required": ["login"], "properties": {"login": {"type": "string"}}}
SCHEMA_REFERENCE = {"schema": {"$ref": "#/components/schemas/thing"}}
RESPONSE = {"content": {"application/json": SCHEMA_REFERENCE}}
NOT_FOUND = {"content": {"application/json": {"schema": {"type": "object"}}}}
DOCUMENT = {
    "paths": {"/things/{id}": {"get": {"responses": {"200": RESPONSE}}}},
    "components": {
        "schemas": {"thing": THING, "user": USER},
        "responses": {"not_found": NOT_FOUND},
    },
}
GOOD = {"id": 1, "name": None}
JSON = "application/json; charset=utf-8"
each_deviation = pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"id": 1}, ".name is missing"),
        ({**GOOD, "x": 1}, ".x is unknown to GitHub"),
        ({**GOOD, "id": None}, ".id is None, not integer"),
        ({**GOOD, "id": True}, ".id is True, not integer"),
        ({**GOOD, "state": "OPEN"}, ".state is 'OPEN', not ['open', 'closed']"),
        ({**GOOD, "created_at": "today"}, ".created_at is 'today', not date-time"),
        ({**GOOD, "user": {"login": 1}}, ".user.login is 1, not string"),
        ({**GOOD, "tags": ["a", 1]}, ".tags[] is 1, not string"),
    ],
)
WHOLE = """
enum State { OPEN CLOSED }
interface Node { id: ID! }
input Filter { state: State! text: String }
type Query implements Node { id: ID! things(filter: Filter!, first: Int): [String!]! }
"""
PART = """
enum State { OPEN }
interface Node { id: ID! }
input Filter { state: State! }
type Query implements Node { id: ID! things(filter: Filter!): [String!]! }
"""
each_change = pytest.mark.parametrize(
    ("old", "new", "deviation"),
    [
        ("OPEN", "ODD", "State.ODD is unknown to GitHub"),
        ("): [String!]!", "): [String!]", "Query.things is [String!], at GitHub [String!]!"),
        ("id: ID! things", "id: ID! x: Int things", "Query.x is unknown to GitHub"),
        ("(filter: Filter!)", "", "Query.things.filter is required by GitHub"),
        ("state: State!", "text: String", "Filter.state is required by GitHub"),
        ("Query implements Node", "Query", None),
        ("enum State", "scalar X enum State", "X is no such type of GitHub"),
    ],
)


def check(status: int, content_type: str, body: Any) -> Contract:
    """Return a contract that has checked one answer."""
    contract = Contract(json.dumps(DOCUMENT))
    contract.check("GET", "/things/1", status, content_type, body)
    return contract


def test_what_fits_is_counted() -> None:
    body = {**GOOD, "state": "open", "user": {"login": "a"}, "tags": ["a"]}
    contract = check(200, JSON, body)
    assert contract.deviations == set()
    assert contract.operations == {"GET /things/{id}"}
    assert (contract.answers, contract.fields) == (1, 6)


@each_deviation
def test_each_deviation_of_an_answer_is_found(body: Any, text: str) -> None:
    assert check(200, JSON, body).deviations == {f"GET /things/{{id}} 200: {text}"}


def test_a_status_a_content_type_or_a_path_that_github_has_not_is_found() -> None:
    (status,) = check(404, JSON, {}).deviations
    assert status == "GET /things/{id} 404: the status is not documented"
    (content_type,) = check(200, "text/html", b"").deviations
    assert "the content type is 'text/html'" in content_type
    contract = Contract(json.dumps(DOCUMENT))
    contract.check("POST", "/things/1", 200, JSON, GOOD)
    assert contract.deviations == {"POST /things/1 is no operation of GitHub"}


@each_change
def test_each_deviation_of_a_schema_is_found(old: str, new: str, deviation: str | None) -> None:
    comparison = SchemaComparison(graphql.build_schema(WHOLE))
    part = PART.replace(old, new)
    assert part != PART
    comparison.compare(graphql.build_schema(part))
    assert comparison.deviations == ([deviation] if deviation else [])

"""Answers of gh: another shape is one error that names the command and what was found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tasks.toolkit.clients.github.answers import LIMIT, SHAPES, check_answer, decode_answer
from tasks.toolkit.clients.github.issues import ISSUE_FIELDS
from tasks.toolkit.clients.github.pulls import PR_DETAIL_FIELDS, PullRequest
from tasks.toolkit.clients.github.releases import RELEASE_FIELDS
from tasks.toolkit.clients.github.runs import JOB_FIELDS, RUN_FIELDS
from tasks.toolkit.core.errors import ServiceError

TIME = "2025-09-25T10:00:00Z"
PULL: dict[str, Any] = {
    "number": 42,
    "title": "feat: two",
    "body": "",
    "state": "MERGED",
    "url": "https://github.com/o/r/pull/42",
    "id": "PR_1",
    "isDraft": False,
    "headRefName": "two",
    "headRefOid": "abc",
    "baseRefName": "main",
    "author": {"login": "somebody", "is_bot": False},
    "isCrossRepository": False,
    "mergeCommit": {"oid": "abc"},
    "mergedAt": TIME,
    "mergeStateStatus": "UNKNOWN",
    "reviewDecision": None,
    "statusCheckRollup": [{"name": "lint", "conclusion": "SUCCESS"}],
}


def test_an_answer_of_the_right_shape_is_returned() -> None:
    assert check_answer("gh pr view", PULL, list(PULL)) is PULL
    assert check_answer("gh pr list", [PULL], list(PULL), is_list=True) == [PULL]
    assert check_answer("gh pr list", [], list(PULL), is_list=True) == []


ASKED_FOR = [
    ISSUE_FIELDS.split(","),
    PR_DETAIL_FIELDS.split(","),
    RELEASE_FIELDS.split(","),
    RUN_FIELDS,
    JOB_FIELDS,
]


@pytest.mark.parametrize("fields", ASKED_FOR)
def test_each_field_that_is_asked_for_has_a_shape(fields: Sequence[str]) -> None:
    assert set(fields) <= SHAPES.keys()


WRONG: list[tuple[Any, str]] = [
    (None, "it is None"),
    ([], r"it is \[\]"),
    ({}, "it has no number"),
    ("text", "it is 'text'"),
    ({**PULL, "number": "42"}, "number is '42'"),
    ({**PULL, "number": True}, "number is True"),
    ({**PULL, "title": None}, "title is None"),
    ({**PULL, "title": ["x" * 99]}, r"title is \['x{57}…"),
    ({**PULL, "isDraft": "no"}, "isDraft is 'no'"),
    ({**PULL, "mergeCommit": "abc"}, "mergeCommit is 'abc'"),
    ({**PULL, "mergeCommit": {}}, "it has no oid"),
    ({**PULL, "mergedAt": 5}, "mergedAt is 5"),
    ({**PULL, "mergedAt": "yesterday"}, "mergedAt is 'yesterday'"),
    ({**PULL, "mergedAt": "2025-09-25T10:00:00"}, "mergedAt is '2025"),
    ({**PULL, "statusCheckRollup": {}}, "statusCheckRollup is {}"),
    ({**PULL, "statusCheckRollup": [{"state": 5}]}, "state is 5"),
    ({**PULL, "statusCheckRollup": [None]}, "an item of statusCheckRollup is None"),
]


@pytest.mark.parametrize(("answer", "fault"), WRONG)
def test_another_shape_names_the_command_and_what_was_found(answer: Any, fault: str) -> None:
    message = f"gh pr view answered in another form: {fault}"
    with pytest.raises(ServiceError, match=message):
        check_answer("gh pr view", answer, list(PULL))


@pytest.mark.parametrize("answer", [None, {}, "text", [None], [[]], [{}]])
def test_a_list_of_another_shape_is_the_same_error(answer: Any) -> None:
    with pytest.raises(ServiceError, match="gh pr list answered in another form"):
        check_answer("gh pr list", answer, list(PULL), is_list=True)


def test_what_has_passed_can_be_parsed() -> None:
    checked = check_answer("gh pr view", json.loads(json.dumps(PULL)), list(PULL))
    assert PullRequest.parse(checked).number == 42


@pytest.mark.parametrize("printed", ["<html>", "[" * 100_000, '{"a": '])
def test_what_is_no_json_or_nested_too_deep_is_one_error(printed: str) -> None:
    with pytest.raises(ServiceError, match="the answer of gh pr view is not JSON"):
        decode_answer("gh pr view", printed)


def test_an_answer_has_a_largest_size() -> None:
    with pytest.raises(ServiceError, match="gh pr view answered with more than 10 MiB"):
        decode_answer("gh pr view", " " * (LIMIT + 1))

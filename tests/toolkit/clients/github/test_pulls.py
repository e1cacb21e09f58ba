"""Pull requests: read from the JSON of gh, and matched with their reverts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.toolkit.clients.github.pulls import PullRequest, effective_reverts

SLUG = "owner/name"


def pull_data(number: int, **fields: Any) -> dict[str, Any]:
    """Return a pull request as gh reports it: merged, unless the fields say otherwise."""
    return {
        "id": f"PR_{number}",
        "number": number,
        "title": f"Change {number}",
        "body": "",
        "state": "MERGED",
        "url": f"https://github.com/{SLUG}/pull/{number}",
        "isDraft": False,
        "headRefName": f"branch-{number}",
        "headRefOid": f"{number:040x}",
        "baseRefName": "main",
        "author": {"login": "somebody", "is_bot": False},
        "isCrossRepository": False,
        "mergeCommit": {"oid": f"{number:040x}"},
        "mergedAt": f"2025-01-01T10:{number % 60:02}:00Z",
        **fields,
    }


def pull(number: int, **fields: Any) -> PullRequest:
    return PullRequest.parse(pull_data(number, **fields))


def revert(number: int, other: int, state: str = "MERGED") -> PullRequest:
    return pull(number, body=f"Reverts {SLUG}#{other}", state=state)


def test_a_merged_pull_request_has_its_commit_and_time() -> None:
    merged = pull(42)
    assert merged.merge_commit == f"{42:040x}"
    assert merged.merged_at == datetime(
        2025,
        1,
        1,
        10,
        42,
        tzinfo=UTC,
    )
    assert (merged.merge_state, merged.review) == ("", "")
    assert (merged.pending_checks, merged.failed_checks) == ((), ())


def test_an_open_pull_request_has_neither() -> None:
    opened = pull(
        42,
        state="OPEN",
        isDraft=True,
        mergeCommit=None,
        mergedAt=None,
        reviewDecision=None,
        statusCheckRollup=None,
    )
    assert (opened.merge_commit, opened.merged_at, opened.draft) == ("", None, True)
    assert (opened.review, opened.pending_checks) == ("", ())


def test_checks_are_pending_or_failed_or_neither() -> None:
    rollup = [
        {"name": "running", "status": "IN_PROGRESS", "conclusion": ""},
        {"name": "good", "status": "COMPLETED", "conclusion": "SUCCESS"},
        {"name": "skipped", "status": "COMPLETED", "conclusion": "SKIPPED"},
        {"name": "wrong", "status": "COMPLETED", "conclusion": "FAILURE"},
        {"name": "slow", "status": "COMPLETED", "conclusion": "TIMED_OUT"},
        {"context": "status pending", "state": "PENDING"},
        {"context": "status expected", "state": "EXPECTED"},
        {"context": "status good", "state": "SUCCESS"},
        {"context": "status wrong", "state": "ERROR"},
    ]
    blocked = pull(
        42,
        mergeStateStatus="BLOCKED",
        reviewDecision="REVIEW_REQUIRED",
        statusCheckRollup=rollup,
    )
    assert blocked.pending_checks == ("running", "status pending", "status expected")
    assert blocked.failed_checks == ("wrong", "slow", "status wrong")
    assert (blocked.merge_state, blocked.review) == ("BLOCKED", "REVIEW_REQUIRED")


CLAIMS = [
    ({"headRefName": "revert-42-branch-42"}, True),
    ({"headRefName": "revert-421-branch"}, False),
    ({"headRefName": "revert-42"}, False),
    ({"body": f"Reverts {SLUG}#42"}, True),
    ({"body": f"Reverts {SLUG}#42.\nIt broke."}, True),
    ({"body": "Reverts #42: it broke."}, True),
    ({"body": "Reverts #421"}, False),
    ({"body": f"Reverts {SLUG}#421"}, False),
    ({"body": "Reverts other/name#42"}, False),
    ({"body": "Reverts ownerXname#42"}, False),
    ({"body": f"This reverts commit {42:040x}."}, True),
    ({"body": f"This reverts commit {43:040x}."}, False),
    ({"body": f"This reverts commit {42:040x}0"}, False),
    ({"headRefName": f"revert-{'0' * 12}"}, True),
    ({"headRefName": f"revert-workflow-{'0' * 12}"}, False),
    ({"body": f"This reverts the workflow part of #42 (commit {42:040x})."}, False),
]


@pytest.mark.parametrize(("fields", "expected"), CLAIMS)
def test_a_revert_is_known_by_its_branch_or_its_body(
    fields: dict[str, Any],
    expected: bool,
) -> None:
    assert pull(50, **fields).reverts(pull(42), SLUG) == expected


def test_the_slug_is_no_pattern() -> None:
    assert not pull(50, body="Reverts owner/nXme#42").reverts(pull(42), "owner/n.me")


def test_what_has_no_merge_commit_is_reverted_by_no_commit() -> None:
    unmerged = pull(42, mergeCommit=None)
    other = pull(50, body="This reverts commit of none, This reverts commit .")
    assert not other.reverts(unmerged, SLUG)


BAD = pull(42)
HISTORIES = {
    "nothing": ([], None),
    "an open revert": ([revert(43, 42, "OPEN")], 43),
    "a merged revert": ([revert(43, 42)], 43),
    "a revert that was closed": ([revert(43, 42, "CLOSED")], None),
    "a merged revert, reverted": ([revert(44, 43), revert(43, 42)], None),
    "a merged revert, its own revert still open": ([revert(44, 43, "OPEN"), revert(43, 42)], 43),
    "a merged revert, its own revert closed": ([revert(44, 43, "CLOSED"), revert(43, 42)], 43),
    "reverted, taken back, reverted again": (
        [revert(45, 42), revert(44, 43), revert(43, 42)],
        45,
    ),
    "reverted, and taken back, which was reverted": (
        [revert(45, 44), revert(44, 43), revert(43, 42)],
        43,
    ),
    "the revert of another": ([revert(43, 41)], None),
    "itself": ([pull(42, body=f"Reverts {SLUG}#42")], None),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_a_revert_counts_unless_a_merged_one_reverted_it(name: str) -> None:
    others, expected = HISTORIES[name]
    pulls = [*others, BAD]
    numbers = [found.number for found in effective_reverts(BAD, pulls, SLUG)]
    assert numbers == ([expected] if expected else [])


NUMBERS = st.integers(1, 6)
REVERTS = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=8)


@given(REVERTS)
def test_pull_requests_that_claim_to_revert_each_other_end_the_search(
    claims: list[tuple[int, int]],
) -> None:
    pulls = [revert(number, other) for number, other in claims]
    bad = pull(1)
    assert all(found.reverts(bad, SLUG) for found in effective_reverts(bad, pulls, SLUG))

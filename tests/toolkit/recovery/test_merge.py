"""Merging: what it waits for, and what ends the wait at once."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.toolkit.clients.github.pulls import PullRequest
from tasks.toolkit.core.errors import Refused
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.merge import merge_obstacle, merge_revert, suggest_merge

MERGED_AT = datetime(2025, 9, 26, 12, tzinfo=UTC)


def pull(**fields: Any) -> PullRequest:
    """Return an open pull request that nothing keeps from being merged."""
    values: dict[str, Any] = {
        "number": 43,
        "title": "Revert",
        "body": "",
        "state": "OPEN",
        "url": "https://github.com/owner/podinfo/pull/43",
        "draft": False,
        "head": "revert-42-more",
        "merge_commit": "",
        "merged_at": None,
        "merge_state": "CLEAN",
    }
    return PullRequest(**values | fields)


@pytest.mark.parametrize(
    ("fields", "obstacle"),
    [
        ({}, ""),
        ({"merge_state": "UNSTABLE"}, ""),
        ({"state": "MERGED", "merge_state": "UNKNOWN"}, ""),
        ({"merge_state": "UNKNOWN"}, "GitHub to work out whether it can be merged"),
        ({"merge_state": "BLOCKED"}, "the branch's protection rules"),
        ({"merge_state": "BLOCKED", "review": "REVIEW_REQUIRED"}, "a review"),
        ({"merge_state": "BLOCKED", "review": "APPROVED"}, "the branch's protection rules"),
        ({"merge_state": "BLOCKED", "pending_checks": ("lint", "test")}, "check lint, check test"),
        (
            {"merge_state": "BLOCKED", "pending_checks": ("lint",), "review": "CHANGES_REQUESTED"},
            "check lint and a review",
        ),
        (
            {"merge_state": "BEHIND"},
            "its branch to be brought up to date (`gh pr update-branch 43`)",
        ),
    ],
)
def test_a_merge_waits_for(fields: dict[str, Any], obstacle: str) -> None:
    assert merge_obstacle(pull(**fields)) == obstacle


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"state": "CLOSED"}, "#43 was closed without being merged"),
        ({"draft": True}, "#43 is a draft"),
        ({"merge_state": "DIRTY"}, "#43 conflicts with its base branch"),
        (
            {"merge_state": "BLOCKED", "failed_checks": ("lint",)},
            "#43 cannot be merged: lint failed",
        ),
    ],
)
def test_what_waiting_does_not_solve_is_refused_at_once(
    fields: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        merge_obstacle(pull(**fields))


class FakePulls:
    """GitHub with one pull request, which is in the `states` one after the other until merged."""

    def __init__(self, states: list[PullRequest], *, dry_run: bool = False) -> None:
        self.states = states
        self.dry_run = dry_run
        self.merged: list[int | None] = []

    def merge_method(self) -> str:
        return "--squash"

    def get(self, number: int) -> PullRequest:
        assert number == 43
        return self.states.pop(0)

    def merge(self, number: int | None, method: str) -> bool:
        assert method == "--squash"
        self.merged.append(number)
        return not self.dry_run


def use(project: Project, pulls: FakePulls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(project), "github", SimpleNamespace(pulls=pulls))


def test_a_merge_is_asked_for_once_and_only_when_nothing_is_missing(
    project: Project, log: IncidentLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = pull(state="MERGED", merge_commit="abc", merged_at=MERGED_AT)
    blocked = pull(merge_state="BLOCKED", review="REVIEW_REQUIRED")
    pulls = FakePulls([blocked, blocked, pull(), pull(), pull(state="MERGED"), done])
    use(project, pulls, monkeypatch)
    merge_revert(project, log, pull(), "bad")
    assert pulls.states == []
    assert pulls.merged == [43]
    assert log.facts == Facts(
        revert=43, revert_url=done.url, good_commit="abc", merged_at=MERGED_AT
    )


def test_a_revert_that_is_merged_or_missing_is_not_merged(
    project: Project, log: IncidentLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulls = FakePulls([])
    use(project, pulls, monkeypatch)
    merge_revert(project, log, pull(state="MERGED"), "bad")
    merge_revert(project, log, None, "bad")
    assert pulls.merged == []


def test_a_dry_run_plans_the_merge_without_waiting_for_a_review(
    dry_project: Project, dry_log: IncidentLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulls = FakePulls([], dry_run=True)
    use(dry_project, pulls, monkeypatch)
    merge_revert(dry_project, dry_log, pull(merge_state="BLOCKED"), "bad")
    assert pulls.merged == [43]
    assert dry_log.facts.planned_revert == "bad"


def test_a_dry_run_plans_the_merge_of_a_revert_that_is_planned_itself(
    dry_project: Project, dry_log: IncidentLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulls = FakePulls([], dry_run=True)
    use(dry_project, pulls, monkeypatch)
    dry_log.record_skipped(Facts(revert_is_planned=True))
    merge_revert(dry_project, dry_log, None, "bad")
    assert pulls.merged == [None]
    assert dry_log.facts.planned_revert == "bad"


def test_an_open_revert_is_reported_with_the_command_that_merges_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    suggest_merge(None, "invoke it")
    suggest_merge(pull(state="MERGED"), "invoke it")
    assert capsys.readouterr().err == ""
    suggest_merge(pull(), "invoke it")
    assert "nothing is recovered before #43 is merged: invoke it" in capsys.readouterr().err

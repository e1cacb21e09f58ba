"""The rules that hold for a repository on GitHub."""

from __future__ import annotations

import time

import pytest

from tasks.sandbox.github.records import Pull, Refusal
from tasks.sandbox.github.state import State

from .conftest import Clone


def test_a_pull_request_needs_commits_and_is_opened_once(github: State, clone: Clone) -> None:
    with pytest.raises(Refusal, match="No commits between main and two"):
        github.open_pull("two", "main", "Two")
    clone.push("two", "two", "2")
    github.open_pull("two", "main", "Two")
    with pytest.raises(Refusal, match="already exists for stianfro:two"):
        github.open_pull("two", "main", "Again")


def test_required_checks_and_reviews_block_a_merge(github: State, pull: Pull) -> None:
    github.required_checks = ["lint"]
    github.required_reviews = 1
    assert github.merge_state(pull) == "BLOCKED"
    github.set_check(1, "lint", "success")
    assert github.merge_state(pull) == "BLOCKED"
    github.approve(1)
    assert github.merge_state(pull) == "CLEAN"
    github.set_check(1, "other", "failure")
    assert github.merge_state(pull) == "UNSTABLE"
    pull.is_draft = True
    assert github.merge_state(pull) == "DRAFT"


def test_a_push_makes_checks_start_again(
    github: State,
    clone: Clone,
    pull: Pull,
) -> None:
    github.required_checks = ["lint"]
    github.set_check(1, "lint", "success")
    clone.push("two", "three", "3")
    github.sync()
    assert github.merge_state(pull) == "BLOCKED"


def test_a_required_check_succeeds_after_its_time(github: State, pull: Pull) -> None:
    github.required_checks = ["lint"]
    github.check_seconds = 0.2
    github.sync()
    lint = pull.checks["lint"]
    assert lint.status == "in_progress"
    time.sleep(0.25)
    github.sync()
    assert lint.conclusion == "success"


def test_a_failed_check_does_not_succeed_later(github: State, pull: Pull) -> None:
    github.required_checks = ["lint"]
    github.set_check(1, "lint", "failure")
    github.check_seconds = 0.001
    github.sync()
    lint = pull.checks["lint"]
    assert lint.conclusion == "failure"


def test_a_pull_request_closes_with_its_branch(
    github: State,
    clone: Clone,
    pull: Pull,
) -> None:
    clone.git("push", "--quiet", "origin", ":two")
    github.sync()
    assert pull.state == "CLOSED"


def test_a_release_makes_its_tag_and_becomes_a_draft_without_it(github: State) -> None:
    release = github.create_release("v1.0.0", "1.0.0", "First.")
    assert "refs/tags/v1.0.0" in github.repository.refs()
    assert release.published_at == release.created_at
    github.repository.git("tag", "--delete", "v1.0.0")
    github.sync()
    assert release.draft
    assert release.published_at is None
    with pytest.raises(Refusal, match="Validation Failed"):
        github.create_release("v1.0.0", "1.0.0", "Again.")


def test_a_draft_makes_no_tag(github: State) -> None:
    github.create_release("v1.0.0", "1.0.0", "First.", draft=True)
    assert "refs/tags/v1.0.0" not in github.repository.refs()


def test_a_snapshot_tells_what_clients_changed(github: State) -> None:
    before = github.snapshot()
    assert github.snapshot() == before
    github.open_issue("Down")
    assert github.snapshot() != before

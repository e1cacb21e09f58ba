"""Merging: what it waits for, and what ends the wait at once."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.sandbox.server import Reply, Request
from tasks.sandbox.world import CHART, WORKFLOW, World
from tasks.toolkit.clients.github.pulls import PullRequest
from tasks.toolkit.core.errors import Refused, TookTooLong
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.bad_change import BadChange, find_merged_pull
from tasks.toolkit.recovery.comparison import Comparison
from tasks.toolkit.recovery.identity import CheckedRevert, find_revert, revert_facts
from tasks.toolkit.recovery.merge import merge_revert, suggest_merge
from tasks.toolkit.recovery.obstacles import merge_obstacle

from ...plans import planned
from .conftest import make_log, make_project

LOOK = ("POST", "/graphql PullRequestByNumber")
MERGE = ("POST", "/graphql PullRequestMerge")
VALUES = f"{CHART}/values.yaml"
ONE_TO_TWO = {VALUES: ("replicas: 1", "replicas: 2")}


def pull(**fields: Any) -> PullRequest:
    """Return an open pull request that nothing keeps from being merged."""
    values: dict[str, Any] = {
        "id": "PR_43",
        "number": 43,
        "title": "Revert",
        "body": "",
        "state": "OPEN",
        "url": "https://github.com/owner/podinfo/pull/43",
        "draft": False,
        "head": "revert-42-more",
        "head_commit": "1" * 40,
        "base": "main",
        "author": "stianfro",
        "by_app": False,
        "from_fork": False,
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
            "its branch to be brought up to date at https://github.com/owner/podinfo/pull/43",
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
    fields: dict[str, Any],
    reason: str,
) -> None:
    with pytest.raises(Refused, match=reason):
        merge_obstacle(pull(**fields))


@pytest.fixture
def reverted(world: World) -> World:
    """Give a world where the open PR #43 reverts PR #42, which set the replicas to two."""
    world.merge_pull("two-replicas", "feat: two replicas", ONE_TO_TWO, 42)
    world.github.revert(42)
    return world


def found(project: Project, accepted: str = "") -> tuple[CheckedRevert, BadChange]:
    """Return the revert of #42, compared, and what it reverts."""
    bad = find_merged_pull(project, "42")
    revert = find_revert(project, Facts(), bad, accepted)
    assert revert
    return revert, bad


def on_main(world: World) -> str:
    return world.git("show", f"main:{VALUES}", at=world.remote)


def test_a_merge_state_that_github_still_computes_is_read_again_soon(
    reverted: World, project: Project, log: IncidentLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.settings = replace(project.settings, poll_interval=60)
    states = iter(["UNKNOWN", "UNKNOWN"])
    computed = reverted.github.merge_state
    revert, bad = found(project)
    monkeypatch.setattr(
        reverted.github, "merge_state", lambda pull: next(states, "") or computed(pull)
    )
    started = time.monotonic()
    merge_revert(project, log, revert, bad)
    assert time.monotonic() - started < 30
    assert "replicas: 1" in on_main(reverted)


@pytest.mark.thorough
def test_a_merge_is_asked_for_once_and_only_when_the_review_is_there(
    reverted: World,
    project: Project,
    log: IncidentLog,
    capsys: pytest.CaptureFixture[str],
) -> None:
    github = reverted.github
    github.required_reviews = 1
    revert, bad = found(project)
    answer = github.server.answer
    github.requests.clear()

    def approving(request: Request) -> Reply:
        if github.requests.count(LOOK) == 2:
            github.approve(43)
        return answer(request)

    github.server.answer = approving
    merge_revert(project, log, revert, bad)
    assert "waiting for a review" in capsys.readouterr().err
    assert "replicas: 1" in on_main(reverted)
    assert github.requests.count(MERGE) == 1
    merged = project.github.pulls.get(43)
    assert log.facts == revert_facts(merged, "exact")
    assert log.facts.good_commit == github.pulls[43].merge_sha


@pytest.mark.thorough
def test_a_merge_commit_that_github_does_not_report_yet_is_waited_for(
    reverted: World,
    project: Project,
    log: IncidentLog,
) -> None:
    answer = reverted.github.server.answer
    absent = [2]

    def lagging(request: Request) -> Reply:
        reply = answer(request)
        if absent[0] and '"MERGED"' in json.dumps(reply.body):
            absent[0] -= 1
            reply.body["data"]["repository"]["pullRequest"]["mergeCommit"] = None
        return reply

    revert, bad = found(project)
    reverted.github.server.answer = lagging
    merge_revert(project, log, revert, bad)
    assert absent == [0]
    assert log.facts.good_commit == reverted.github.pulls[43].merge_sha


def test_a_merge_that_github_refuses_changes_no_facts(
    reverted: World,
    project: Project,
    log: IncidentLog,
) -> None:
    github = reverted.github
    revert, bad = found(project)
    github.required_checks = ["lint"]
    github.set_check(43, "lint", "failure")
    with pytest.raises(Refused, match="#43 cannot be merged: lint failed"):
        merge_revert(project, log, revert, bad)
    assert github.pulls[43].state == "OPEN"
    assert "replicas: 2" in on_main(reverted)
    assert log.facts == Facts()
    kinds = [event.kind for event in log.journal.events]
    assert kinds == ["opened", "started", "failed"]


@pytest.fixture
def blocked(world: World) -> World:
    """Give a world where the open PR #43 reverts PR #42, which changed a workflow."""
    edits = {WORKFLOW: ("run: helm lint", "run: true helm lint")}
    world.merge_pull("two", "ci: two", edits, 42)
    world.github.revert(42)
    return world


@pytest.mark.thorough
def test_a_merge_that_the_tokens_scopes_block_is_refused_at_once(
    blocked: World,
    project: Project,
    log: IncidentLog,
) -> None:
    blocked.github.scopes = {"repo"}
    revert, bad = found(project)
    assert project.github.pulls.get(43).merge_state == "BLOCKED"
    before = blocked.snapshot()
    with pytest.raises(Refused, match="the token lacks the scope `workflow`"):
        merge_revert(project, log, revert, bad)
    assert blocked.snapshot() == before
    assert not log.is_open


@pytest.mark.thorough
def test_a_blocked_merge_may_be_due_to_the_permissions_of_a_fine_grained_token(
    blocked: World,
    project: Project,
    log: IncidentLog,
) -> None:
    blocked.github.scopes = None
    blocked.github.required_reviews = 1
    project.settings = replace(project.settings, wait_timeout=0)
    revert, bad = found(project)
    with pytest.raises(TookTooLong, match="a token without the permission for workflows"):
        merge_revert(project, log, revert, bad)


def test_a_revert_that_is_merged_or_missing_is_not_merged(
    reverted: World,
    project: Project,
    log: IncidentLog,
) -> None:
    reverted.github.merge(43)
    before = reverted.snapshot()
    merged, bad = found(project)
    merge_revert(project, log, merged, bad)
    merge_revert(project, log, None, bad)
    assert reverted.snapshot() == before
    assert not log.is_open


@pytest.mark.thorough
def test_a_dry_run_plans_the_merge_without_waiting_for_a_review(
    reverted: World,
    dry_project: Project,
    dry_log: IncidentLog,
    capsys: pytest.CaptureFixture[str],
) -> None:
    reverted.github.required_reviews = 1
    before = reverted.snapshot()
    revert, bad = found(dry_project)
    merge_revert(dry_project, dry_log, revert, bad)
    head = reverted.github.pulls[43].head_sha
    plan = planned(capsys)
    assert "gh pr merge 43 " in plan
    assert f"--match-head-commit={head}" in plan
    assert reverted.snapshot() == before
    assert revert
    trees = dry_project.git.trees
    assert trees.of(dry_log.facts.planned_merge) == revert.comparison.result


@pytest.mark.parametrize("is_dry", [False, True])
@pytest.mark.thorough
def test_what_waiting_does_not_solve_is_refused_in_a_dry_run_too(
    reverted: World,
    environ: dict[str, str],
    tmp_path: Path,
    is_dry: bool,
) -> None:
    project = make_project(environ, tmp_path, dry_run=is_dry)
    log = make_log(project)
    revert, bad = found(project)
    reverted.github.pulls[43].is_draft = True
    with pytest.raises(Refused, match="#43 is a draft"):
        merge_revert(project, log, revert, bad)
    reverted.github.pulls[43].is_draft = False
    before = reverted.github.snapshot()["contents"]
    reverted.commit("feat: three", {VALUES: ("replicas: 2", "replicas: 3")})
    reverted.git("push", "--quiet", "origin", "main")
    revert, bad = found(project)
    with pytest.raises(Refused, match="#43 conflicts with its base branch: resolve that at "):
        merge_revert(project, log, revert, bad)
    assert reverted.github.snapshot()["contents"] == before


def test_a_dry_run_plans_the_merge_of_a_revert_that_is_planned_itself(
    world: World,
    dry_project: Project,
    dry_log: IncidentLog,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world.merge_pull("two-replicas", "feat: two replicas", ONE_TO_TWO, 42)
    before = world.snapshot()
    dry_log.record_skipped(Facts(revert_is_planned=True))
    bad = find_merged_pull(dry_project, "42")
    merge_revert(dry_project, dry_log, None, bad)
    plan = planned(capsys)
    assert '--match-head-commit="$head" --subject="$subject" "$revert"' in plan
    assert world.snapshot() == before
    assert dry_log.facts.planned_revert == bad.commit


def test_an_open_revert_is_reported_with_the_command_that_merges_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    suggest_merge(None, "invoke it")
    same = Comparison("tip", "tree", "tree")
    suggest_merge(CheckedRevert(pull(state="MERGED"), same), "invoke it")
    assert capsys.readouterr().err == ""
    suggest_merge(CheckedRevert(pull(), same), "invoke it")
    assert "nothing is recovered before #43 is merged: invoke it" in capsys.readouterr().err

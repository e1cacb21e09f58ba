"""Merging: by a method that is allowed, only what was compared, or through a merge queue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tasks.sandbox.github import GitHub as Server
from tasks.sandbox.world import SLUG
from tasks.toolkit.clients.github.client import GitHub
from tasks.toolkit.clients.github.merging import MergeRules, first_allowed
from tasks.toolkit.core.errors import Refused

from ....plans import planned
from ...diagnosis.values import pull

SQUASH = MergeRules("--squash", has_queue=False)
QUEUE = MergeRules("--squash", has_queue=True)
HEAD = "1" * 40


@pytest.mark.parametrize(("method", "parents"), [("--squash", 1), ("--merge", 2)])
@pytest.mark.thorough
def test_a_pull_request_is_created_and_merged(
    server: Server,
    github: GitHub,
    method: str,
    parents: int,
) -> None:
    created = github.openings.create("two", "main", "Title", "@body")
    assert created and (created.title, created.body) == ("Title", "@body")
    rules = MergeRules(method, has_queue=False)
    merged = github.merging.merge(created, rules)
    assert merged == github.pulls.get(created.number)
    assert merged.state == "MERGED"
    assert merged.merge_commit == server.repository.git("rev-parse", "main")
    found = server.repository.git("log", "-1", "--format=%P", "main")
    assert len(found.split()) == parents


@pytest.mark.parametrize("has_queue", [False, True])
def test_another_head_than_the_one_that_was_compared_is_not_merged(
    server: Server,
    github: GitHub,
    has_queue: bool,
) -> None:
    server.merge_queue.enabled = has_queue
    pull = server.open_pull("two", "main", "feat: two")
    rules = MergeRules("--squash", has_queue)
    compared = replace(github.pulls.get(pull.number), head_commit=HEAD)
    with pytest.raises(Refused, match="Head branch was modified"):
        github.merging.merge(compared, rules)
    assert (pull.state, pull.auto_merge) == ("OPEN", None)


def test_a_merge_queue_is_found_and_used(server: Server, github: GitHub) -> None:
    server.merge_queue.enabled = True
    server.merge_queue.seconds = 600
    assert github.merging.rules("main") == QUEUE
    pull = server.open_pull("two", "main", "feat: two")
    assert not github.merging.is_queued(pull.number)
    compared = github.pulls.get(pull.number)
    assert github.merging.merge(compared, QUEUE) == compared
    assert github.merging.is_queued(pull.number)
    assert pull.state == "OPEN"
    assert github.merging.merge(compared, QUEUE)
    server.merge_queue.seconds = 0
    server.sync()
    assert pull.state == "MERGED"


def test_the_first_method_that_the_repository_allows_is_taken() -> None:
    methods = {
        "squashMergeAllowed": False,
        "mergeCommitAllowed": True,
        "rebaseMergeAllowed": True,
    }
    assert first_allowed(methods) == "--merge"
    methods["mergeCommitAllowed"] = False
    assert first_allowed(methods) == "--rebase"
    methods["rebaseMergeAllowed"] = False
    assert first_allowed(methods) == "--merge"


MERGE = f"gh pr merge 43 --squash --match-head-commit={HEAD} --repo {SLUG}"
ENQUEUE = f"gh pr merge 43 --match-head-commit={HEAD} --repo {SLUG}"
MERGED = f'[ "$(gh pr view 43 --repo {SLUG} --json state --jq .state)" = MERGED ]'
PLANNED_MERGES = [
    (SQUASH, [f"until {MERGE}; do"]),
    (QUEUE, [f"until {ENQUEUE}; do", f"until {MERGED}; do"]),
]


@pytest.mark.parametrize(("rules", "commands"), PLANNED_MERGES)
def test_a_plan_merges_as_soon_as_github_does(
    planning: GitHub,
    capsys: pytest.CaptureFixture[str],
    rules: MergeRules,
    commands: list[str],
) -> None:
    assert not planning.merging.merge(pull(43), rules)
    loops = [line for line in planned(capsys).splitlines() if line.startswith("until ")]
    assert loops == commands


def test_a_plan_merges_the_head_that_a_new_revert_has(
    planning: GitHub,
    capsys: pytest.CaptureFixture[str],
) -> None:
    planning.merging.plan_merge(SQUASH)
    command = f'gh pr merge --squash --repo {SLUG} --match-head-commit="$head" "$revert"'
    _, head, _, loop, *_ = planned(capsys).splitlines()
    assert head == 'head=$(gh pr view "$revert" --json headRefOid --jq .headRefOid)'
    assert loop == f"until {command}; do"


@pytest.mark.parametrize(
    ("method", "subject", "found"),
    [
        ("--squash", "", "feat: two (#1)"),
        ("--squash", 'fix: "x" (#1)', 'fix: "x" (#1)'),
        ("--merge", "fix: x (#1)", "fix: x (#1)"),
    ],
)
def test_the_subject_of_a_merge_can_be_given(
    server: Server,
    github: GitHub,
    method: str,
    subject: str,
    found: str,
) -> None:
    pull = server.open_pull("two", "main", "Another title")
    rules = MergeRules(method, has_queue=False)
    assert github.merging.merge(github.pulls.get(pull.number), rules, subject)
    assert server.repository.subject("main") == found


def test_only_what_makes_one_commit_takes_a_subject() -> None:
    assert SQUASH.takes_subject
    assert MergeRules("--merge", has_queue=False).takes_subject
    assert not MergeRules("--rebase", has_queue=False).takes_subject
    assert not QUEUE.takes_subject


def test_a_plan_keeps_the_title_that_a_new_revert_has(
    planning: GitHub,
    capsys: pytest.CaptureFixture[str],
) -> None:
    planning.merging.plan_merge(SQUASH, keep_title=True)
    plan = planned(capsys)
    assert """subject=$(gh pr view "$revert" --json number,title --jq '"\\(.title) (#""" in plan
    assert '--match-head-commit="$head" --subject="$subject" "$revert"' in plan
    planning.merging.plan_merge(QUEUE, keep_title=True)
    assert "subject" not in planned(capsys)


def test_who_may_write_is_asked(server: Server, github: GitHub) -> None:
    server.collaborators["colleague"] = "write"
    assert github.can_write("colleague")
    assert not github.can_write("stranger")

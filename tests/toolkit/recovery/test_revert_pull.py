"""Reverting through a pull request: opened once, and recorded before it is opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.world import CHART, World
from tasks.toolkit.clients.github.pulls import PullRequest
from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.bad_change import as_pull, find_commit, find_merged_pull
from tasks.toolkit.recovery.identity import revert_facts
from tasks.toolkit.recovery.merge import merge_revert
from tasks.toolkit.recovery.revert import Wishes, revert_by_pull

from ...plans import planned
from .conftest import make_log, make_project, remove_automation

VALUES = f"{CHART}/values.yaml"
ONE_TO_TWO = {VALUES: ("replicas: 1", "replicas: 2")}
TWO_TO_ONE = {VALUES: ("replicas: 2", "replicas: 1")}


@pytest.fixture
def merged(world: World) -> World:
    """Give a world where PR #42, which is merged, set the replicas to two by a merge commit."""
    world.merge_method = "merge"
    world.merge_pull("two-replicas", "feat: two replicas", ONE_TO_TWO, 42)
    return world


@pytest.fixture
def bad(merged: World) -> str:
    """Give the commit that PR #42 merged."""
    return merged.git("rev-parse", "main^2")


def at(world: World, ref: str) -> str:
    return world.git("show", f"{ref}:{VALUES}", at=world.remote)


def revert_42(project: Project, log: IncidentLog, accepted: str = "") -> PullRequest | None:
    bad = find_merged_pull(project, "#42")
    found = revert_by_pull(project, log, bad, Wishes(accepted=accepted))
    return found.pull if found else None


def revert_commit(project: Project, log: IncidentLog, bad: str) -> PullRequest | None:
    change = as_pull(project, find_commit(project, bad))
    found = revert_by_pull(project, log, change, Wishes())
    return found.pull if found else None


def test_a_pull_request_that_is_not_merged_has_nothing_to_revert(
    merged: World,
    project: Project,
) -> None:
    merged.github.revert(42)
    with pytest.raises(BadInput, match=r"#43 .* is open, not merged"):
        find_merged_pull(project, "43")


@pytest.mark.thorough
def test_a_pull_request_is_reverted_once(
    merged: World,
    project: Project,
    log: IncidentLog,
    capsys: pytest.CaptureFixture[str],
) -> None:
    revert = revert_42(project, log)
    assert revert
    assert "replicas: 1" in at(merged, revert.head)
    assert log.facts == revert_facts(revert)
    kinds = [event.kind for event in log.journal.events]
    assert kinds == ["opened", "started", "done"]
    assert revert_42(project, log)
    assert "already has an open revert: #43" in capsys.readouterr().err
    assert sorted(merged.github.pulls) == [42, 43]


def test_a_pull_request_that_a_commit_reverted_needs_no_revert(
    merged: World,
    project: Project,
    log: IncidentLog,
) -> None:
    bad = merged.github.pulls[42].merge_sha
    reverting = f"fix: one replica\n\nThis reverts commit {bad}."
    good = merged.commit(reverting, TWO_TO_ONE)
    merged.git("push", "--quiet", "origin", "main")
    assert revert_42(project, log) is None
    assert log.facts.good_commit == good


@pytest.mark.parametrize("is_dry", [False, True])
@pytest.mark.thorough
def test_what_conflicts_is_refused_before_anything_is_recorded(
    merged: World,
    environ: dict[str, str],
    tmp_path: Path,
    is_dry: bool,
) -> None:
    project = make_project(environ, tmp_path, dry_run=is_dry)
    log = make_log(project)
    merged.commit("feat: three", {VALUES: ("replicas: 2", "replicas: 3")})
    merged.git("push", "--quiet", "origin", "main")
    refusal = f'#42 "feat: two replicas" cannot be reverted without a conflict in {VALUES}'
    with pytest.raises(Refused, match=refusal):
        revert_42(project, log)
    assert sorted(merged.github.pulls) == [42]
    assert not log.is_open


@pytest.mark.thorough
def test_a_conflict_that_was_resolved_by_hand_as_advised_is_merged_once_it_is_accepted(
    merged: World,
    project: Project,
    log: IncidentLog,
) -> None:
    three = {VALUES: ("replicas: 2", "replicas: 3 # at least")}
    merged.commit("feat: three", three)
    merged.git("push", "--quiet", "origin", "main")
    with pytest.raises(Refused) as refused:
        revert_42(project, log)
    text = refused.value.advice.split("`")[1]
    merged.git("switch", "--quiet", "--create", "by-hand")
    merged.commit("fix: one", {VALUES: ("replicas: 3 # at", "replicas: 1 # at")})
    merged.git("push", "--quiet", "origin", "by-hand")
    number = merged.github.open_pull("by-hand", "main", "fix: one", f"{text}: too many.").number
    bad = find_merged_pull(project, "42")
    found = revert_by_pull(project, log, bad, Wishes(merge=True, accepted=str(number)))
    merge_revert(project, log, found, bad)
    assert "replicas: 1 # at least" in at(merged, "main")


@pytest.mark.parametrize("is_dry", [False, True])
@pytest.mark.thorough
def test_a_revert_that_is_gone_already_needs_no_pull_request(
    merged: World,
    environ: dict[str, str],
    tmp_path: Path,
    is_dry: bool,
) -> None:
    project = make_project(environ, tmp_path, dry_run=is_dry)
    log = make_log(project)
    good = merged.commit("feat: one", TWO_TO_ONE)
    merged.git("push", "--quiet", "origin", "main")
    assert revert_42(project, log) is None
    assert log.facts.good_commit == good
    assert sorted(merged.github.pulls) == [42]


@pytest.mark.parametrize("allowed", ["squash", "merge", "rebase", "queue"])
@pytest.mark.thorough
def test_the_revert_comes_to_the_branch_as_a_conventional_commit(
    merged: World,
    project: Project,
    log: IncidentLog,
    allowed: str,
) -> None:
    github = merged.github
    github.merge_queue.enabled = allowed == "queue"
    github.merge_methods = {allowed} - {"queue"} or {"squash"}
    bad = find_merged_pull(project, "42")
    found = revert_by_pull(project, log, bad, Wishes(merge=True))
    merge_revert(project, log, found, bad)
    assert "replicas: 1" in at(merged, "main")
    subject = github.repository.subject("main")
    assert subject.startswith('fix: revert "feat: two replicas" (#42)')
    opened = github.pulls[43]
    assert opened.head == "revert-42-two-replicas"
    assert opened.body == f"Reverts {github.slug}#42"
    assert revert_42(project, log)
    assert sorted(github.pulls) == [42, 43]


@pytest.mark.thorough
@pytest.mark.parametrize("method", ["rebase", "queue"])
def test_a_plan_of_such_a_revert_does_the_same_when_it_is_pasted(
    merged: World,
    dry_project: Project,
    dry_log: IncidentLog,
    capsys: pytest.CaptureFixture[str],
    method: str,
) -> None:
    merged.github.merge_queue.enabled = method == "queue"
    merged.github.merge_methods = {method} - {"queue"} or {"squash"}
    bad = find_merged_pull(dry_project, "42")
    merge_revert(dry_project, dry_log, revert_by_pull(dry_project, dry_log, bad, Wishes()), bad)
    dry_project.runner.executor.finish(complete=True)
    plan = capsys.readouterr().out
    pasted = merged.run("sh", "-ec", plan)
    assert pasted.returncode == 0, plan + pasted.stderr
    assert "replicas: 1" in at(merged, "main")
    subject = merged.github.repository.subject("main")
    assert subject.startswith('fix: revert "feat: two replicas" (#42)')


@pytest.mark.thorough
def test_a_revert_that_github_made_is_merged_as_a_conventional_commit(
    merged: World,
    project: Project,
    log: IncidentLog,
) -> None:
    merged.github.revert(42)
    bad = find_merged_pull(project, "42")
    merge_revert(project, log, revert_by_pull(project, log, bad, Wishes()), bad)
    subject = merged.github.repository.subject("main")
    assert subject == 'fix: revert "feat: two replicas" (#43)'


@pytest.mark.thorough
def test_where_commits_are_not_conventional_github_chooses_the_title(
    merged: World,
    project: Project,
    log: IncidentLog,
) -> None:
    remove_automation(merged)
    for number in range(4):
        merged.git("commit", "--quiet", "--allow-empty", "--message", f"Change {number}")
    merged.git("push", "--quiet", "origin", "main")
    bad = find_merged_pull(project, "42")
    merge_revert(project, log, revert_by_pull(project, log, bad, Wishes()), bad)
    assert merged.github.pulls[43].title == 'Revert "feat: two replicas"'
    subject = merged.github.repository.subject("main")
    assert subject == 'Revert "Merge pull request #42 from stianfro/two-replicas" (#43)'


@pytest.mark.thorough
@pytest.mark.parametrize("open_as", ["pr", "sha"])
def test_a_pull_request_and_its_merge_commit_have_one_revert(
    merged: World,
    project: Project,
    log: IncidentLog,
    open_as: str,
) -> None:
    commit = merged.github.pulls[42].merge_sha
    if open_as == "pr":
        revert_42(project, log)
    found = revert_commit(project, log, commit)
    assert found and found.number == 43
    revert_42(project, log)
    assert sorted(merged.github.pulls) == [42, 43]


def test_a_commit_is_reverted_through_one_pull_request(
    merged: World,
    project: Project,
    log: IncidentLog,
    bad: str,
) -> None:
    revert = revert_commit(project, log, bad)
    assert revert
    assert revert.head == f"revert-{bad[:12]}"
    assert "replicas: 1" in at(merged, revert.head)
    assert "replicas: 2" in at(merged, "main")
    assert log.facts == revert_facts(revert)
    assert revert_commit(project, log, bad)
    assert sorted(merged.github.pulls) == [42, 43]


@pytest.mark.thorough
def test_a_revert_that_was_reverted_is_repeated_on_another_branch(
    merged: World,
    project: Project,
    log: IncidentLog,
    bad: str,
) -> None:
    revert_commit(project, log, bad)
    merged.github.merge(43)
    merged.github.revert(43)
    merged.github.merge(44)
    revert = revert_commit(project, log, bad)
    assert revert
    assert revert.head == f"revert-{bad[:12]}-2"
    assert "replicas: 1" in at(merged, revert.head)


def test_a_dry_run_plans_the_pull_request(
    merged: World,
    dry_project: Project,
    dry_log: IncidentLog,
    bad: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = merged.snapshot()
    assert revert_commit(dry_project, dry_log, bad) is None
    assert merged.snapshot() == before
    assert "revert=$(gh pr create " in planned(capsys)
    assert dry_log.facts.revert_is_planned

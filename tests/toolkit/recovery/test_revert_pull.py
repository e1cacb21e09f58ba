"""Reverting through a pull request: opened once, and recorded before it is opened."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import CHART, World
from tasks.toolkit.clients.github.pulls import PullRequest
from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.bad_change import as_pull, find_commit, find_merged_pull
from tasks.toolkit.recovery.identity import revert_facts
from tasks.toolkit.recovery.revert import Wishes, revert_by_pull

VALUES = f"{CHART}/values.yaml"
ONE_TO_TWO = {VALUES: ("replicas: 1", "replicas: 2")}
TWO_TO_ONE = {VALUES: ("replicas: 2", "replicas: 1")}


@pytest.fixture
def merged(world: World) -> World:
    """Give a world where PR #42, which is merged, set the replicas to two."""
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


def test_what_github_cannot_revert_is_refused(
    merged: World,
    project: Project,
    log: IncidentLog,
) -> None:
    merged.commit("feat: three", {VALUES: ("replicas: 2", "replicas: 3")})
    merged.git("push", "--quiet", "origin", "main")
    with pytest.raises(Refused):
        revert_42(project, log)
    assert sorted(merged.github.pulls) == [42]


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
    assert "revert=$(gh pr create " in capsys.readouterr().out
    assert dry_log.facts.revert_is_planned

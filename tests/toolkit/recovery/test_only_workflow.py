"""Only the workflow part of a change is reverted: offered, opened once, compared, and merged."""

from __future__ import annotations

import sys

import pytest

from tasks.sandbox.world import CHART, WORKFLOW, World
from tasks.toolkit.core.errors import Refused
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.bad_change import find_commit, find_merged_pull
from tasks.toolkit.recovery.identity import CheckedRevert
from tasks.toolkit.recovery.merge import merge_revert
from tasks.toolkit.recovery.revert import Wishes, revert_by_pull

from ...plans import planned

VALUES = f"{CHART}/values.yaml"
BOTH = {VALUES: ("replicas: 1", "replicas: 2"), WORKFLOW: ("Lint\n", "Check\n")}
MORE = {VALUES: ("replicas: 2", "replicas: 3")}
BY_HAND = "revert it by hand on a branch"


@pytest.fixture(autouse=True)
def merged(world: World) -> World:
    """Give a world where PR #42 changed the workflow and the values, and the latter changed on."""
    world.merge_pull("two", "feat: two replicas", BOTH, 42)
    world.commit("feat: three replicas", MORE)
    world.git("push", "--quiet", "origin", "main")
    return world


def revert(
    project: Project,
    log: IncidentLog,
    *,
    only_workflow: bool = True,
    merge: bool = True,
    accepted: str = "",
) -> CheckedRevert | None:
    """Revert #42 as `rollback.revert` does."""
    bad = find_merged_pull(project, "42", only_workflow)
    found = revert_by_pull(project, log, bad, Wishes(merge=merge, accepted=accepted))
    if merge:
        merge_revert(project, log, found, bad)
    return found


def on_main(world: World, path: str) -> str:
    return world.git("show", f"main:{path}", at=world.remote)


def typed(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr(sys, "argv", line.split())


@pytest.mark.parametrize(
    ("line", "offer"),
    [
        (
            "invoke rollback.revert --pr 42 --merge publish.all",
            "invoke rollback.revert --pr 42 --merge --only-workflow publish.all",
        ),
        ("invoke --dry recover --pr 42", "invoke --dry recover --pr 42 --only-workflow"),
    ],
)
@pytest.mark.thorough
def test_a_conflict_elsewhere_offers_the_workflow_alone(
    project: Project,
    log: IncidentLog,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    offer: str,
) -> None:
    typed(monkeypatch, line)
    with pytest.raises(Refused) as refusal:
        revert(project, log, only_workflow=False)
    assert refusal.value.what.endswith(f"cannot be reverted without a conflict in {VALUES}")
    assert f"its workflow part alone can be reverted: `{offer}`" in refusal.value.advice
    assert not log.is_open


@pytest.mark.thorough
def test_a_conflict_in_the_workflow_too_is_said(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    world.commit("ci: more", {WORKFLOW: ("Check\n", "Check it\n")})
    world.git("push", "--quiet", "origin", "main")
    with pytest.raises(Refused) as refusal:
        revert(project, log, only_workflow=False)
    said = f"its workflow part alone conflicts too, in {WORKFLOW}; {BY_HAND}"
    assert said in refusal.value.advice
    with pytest.raises(Refused, match=f"the workflow part of #42 .* conflict in {WORKFLOW}"):
        revert(project, log)


@pytest.mark.thorough
def test_a_workflow_part_that_is_undone_is_not_offered(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    world.commit("ci: as it was", {WORKFLOW: ("Check\n", "Lint\n")})
    world.git("push", "--quiet", "origin", "main")
    with pytest.raises(Refused, match=f"its workflow part is already reverted; {BY_HAND}"):
        revert(project, log, only_workflow=False)
    assert revert(project, log) is None
    assert log.facts.good_commit == world.git("rev-parse", "main")


def test_the_workflow_part_is_reverted_through_a_pull_request_once(
    world: World,
    project: Project,
    log: IncidentLog,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = revert(project, log, merge=False)
    assert found and found.compared == "exact"
    bad = world.github.pulls[42].merge_sha
    opened = world.github.pulls[43]
    assert opened.head == f"revert-workflow-{bad[:12]}"
    assert opened.title == 'fix: revert the workflow part of "feat: two replicas" (#42)'
    assert opened.body == f"This reverts the workflow part of #42 (commit {bad})."
    revert(project, log)
    name = 'the workflow part of #42 "feat: two replicas"'
    assert f"{name} already has an open revert: #43" in capsys.readouterr().err
    assert "Lint\n" in on_main(world, WORKFLOW)
    assert "replicas: 3" in on_main(world, VALUES)
    assert world.github.repository.subject("main") == f"{opened.title} (#43)"
    assert (log.facts.compared, log.facts.good_commit) == ("exact", opened.merge_sha)
    revert(project, log)
    assert f"{name} is already reverted by #43" in capsys.readouterr().err
    assert sorted(world.github.pulls) == [42, 43]


@pytest.mark.thorough
def test_it_is_no_revert_of_the_whole(world: World, project: Project, log: IncidentLog) -> None:
    revert(project, log)
    world.git("pull", "--quiet")
    world.commit("feat: two again", {VALUES: ("replicas: 3", "replicas: 2")})
    world.git("push", "--quiet", "origin", "main")
    found = revert(project, log, only_workflow=False)
    assert found and found.pull.number == 44
    assert "replicas: 1" in on_main(world, VALUES)
    assert "Lint\n" in on_main(world, WORKFLOW)


@pytest.mark.thorough
def test_who_names_the_merge_commit_finds_the_same_revert(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    revert(project, log)
    bad = find_commit(project, world.github.pulls[42].merge_sha, only_workflow=True)
    found = revert_by_pull(project, log, bad, Wishes())
    assert found and found.pull.number == 43


@pytest.mark.thorough
def test_a_branch_that_an_interrupted_run_pushed_is_used(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    found = revert(project, log, merge=False)
    assert found
    pushed = world.github.pulls.pop(43).head_sha
    again = revert(project, log, merge=False)
    assert again and (again.pull.head, again.pull.head_commit) == (found.pull.head, pushed)


@pytest.mark.thorough
def test_one_that_does_more_is_merged_only_when_it_is_named(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    bad = world.github.pulls[42].merge_sha
    world.git("switch", "--quiet", "--create", "offer")
    edits = {WORKFLOW: ("Check\n", "Lint\n"), VALUES: ("replicas: 3", "replicas: 9")}
    world.commit("fix: go back", edits)
    branch = f"revert-workflow-{bad[:12]}"
    world.git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
    world.git("switch", "--quiet", "main")
    world.github.open_pull(branch, "main", "Back")
    with pytest.raises(Refused, match=f"differs from what git reverts in {VALUES}"):
        revert(project, log)
    revert(project, log, accepted="43")
    assert "replicas: 9" in on_main(world, VALUES)


@pytest.mark.thorough
def test_a_dry_run_plans_the_pull_request_and_the_reverted_chart(
    world: World,
    dry_project: Project,
    dry_log: IncidentLog,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = world.snapshot()
    assert revert(dry_project, dry_log) is None
    plan = planned(capsys)
    assert "HEAD:refs/heads/revert-workflow-" in plan
    assert "revert=$(gh pr create " in plan
    assert world.snapshot() == before
    part = dry_log.facts.planned_revert
    assert part in plan
    tip = world.git("rev-parse", "main")
    trees = dry_project.git.trees
    assert trees.differing_files(tip, trees.reverted(tip, part)) == [WORKFLOW]

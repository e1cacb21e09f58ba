"""What is to be reverted is found: a commit of the branch, a pull request, a part of either."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.world import CHART, WORKFLOW, World
from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.bad_change import as_pull, fetch, find_commit, find_merged_pull

from .charts import CHART_DIR, commit, git

VALUES = f"{CHART}/values.yaml"
ONE_TO_TWO = {VALUES: ("replicas: 1", "replicas: 2")}
BOTH = {**ONE_TO_TWO, WORKFLOW: ("Lint\n", "Check\n")}


def test_a_commit_of_another_branch_is_refused(project: Project, clone: Path) -> None:
    git(clone, "switch", "--quiet", "--create", "elsewhere")
    (clone / CHART_DIR / "values.yaml").write_text("replicas: 5\n")
    git(clone, "commit", "--quiet", "--all", "--message", "feat: five")
    with pytest.raises(BadInput, match="is not on main at origin"):
        find_commit(project, "elsewhere")


def test_the_part_of_a_commit_that_changed_no_workflow_is_refused(
    project: Project,
    clone: Path,
) -> None:
    bad = find_commit(project, commit(clone, 2), only_workflow=True)
    refusal = r"2 replicas\" changed nothing in \.github/workflows: leave out --only-workflow"
    with pytest.raises(Refused, match=refusal):
        fetch(project, bad)


def merge(world: World, method: str, *commits: str) -> tuple[int, str]:
    """Merge a pull request with these commits, and return its number and what made its merge."""
    world.git("switch", "--quiet", "--create", "both")
    for number, subject in enumerate(commits):
        edits = BOTH if number == 0 else {VALUES: ("replicas: 2", "replicas: 3")}
        world.commit(subject, edits)
    world.git("push", "--quiet", "origin", "both")
    world.git("switch", "--quiet", "main")
    pull = world.github.open_pull("both", "main", "feat: both")
    world.github.merge(pull.number, method)
    return pull.number, pull.merge_sha


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
@pytest.mark.thorough
def test_what_merged_a_pull_request_is_that_pull_request(
    world: World,
    project: Project,
    method: str,
) -> None:
    number, merged = merge(world, method, "feat: both")
    bad = as_pull(project, find_commit(project, merged, only_workflow=True))
    assert bad == find_merged_pull(project, str(number), only_workflow=True)
    assert bad.name == f'the workflow part of #{number} "feat: both"'


@pytest.mark.thorough
def test_the_last_of_several_commits_is_not_the_pull_request(
    world: World,
    project: Project,
) -> None:
    _, merged = merge(world, "rebase", "feat: both", "feat: three")
    bad = find_commit(project, merged)
    assert as_pull(project, bad) == bad


@pytest.mark.thorough
@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_the_workflow_part_of_a_pull_request_is_that_of_all_its_commits(
    world: World,
    project: Project,
    method: str,
) -> None:
    number, merged = merge(world, method, "feat: both", "feat: three")
    bad = find_merged_pull(project, str(number), only_workflow=True)
    tip, part = fetch(project, bad)
    assert tip == merged
    trees = project.git.trees
    assert trees.differing_files(tip, trees.reverted(tip, part)) == [WORKFLOW]

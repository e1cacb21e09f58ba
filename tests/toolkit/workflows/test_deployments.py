"""The run of a release: the workflow's own or a caller's, with the outcome of what it called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tasks.sandbox.github.runs import Job
from tasks.sandbox.github.runs import Run as StagedRun
from tasks.sandbox.world import CHART, WORKFLOW, World
from tasks.toolkit.clients.github.runs import Run
from tasks.toolkit.incident.project import Project
from tasks.toolkit.workflows.deployments import Deployments

from ..diagnosis.staging import add_release, add_run, hours_ago, make_project

CALLER = ".github/workflows/deliver.yml"
CALLS = """on: {push: {}}
jobs:
  please:
    steps: []
  helm:
    name: Helm ${{ github.ref_name }}
    uses: ./.github/workflows/publish-helm.yml
  notes:
    steps: []
"""
PUBLISHED = {"please": "success", "Helm main / package": "success", "Helm main / push": "success"}
FAILED = {**PUBLISHED, "Helm main / push": "failure"}
SKIPPED = {"please": "success", "Helm main": "skipped"}
MINUTES = 10  # that a run takes


def stage_run(
    world: World,
    conclusion: str = "success",
    jobs: Mapping[str, str] | None = None,
    *,
    path: str = WORKFLOW,
    ref: str = "main",
    commit: str = "",
    hours: float = 2,
    event: str = "push",
) -> StagedRun:
    """Add a run of a workflow, with the conclusions of its jobs; without one it is in progress."""
    run = add_run(world, "main", conclusion, hours)
    run.path, run.event, run.head_branch = path, event, ref
    run.head_sha = world.git("rev-parse", f"{commit or ref}^{{commit}}")
    run.completed_at = hours_ago(hours) + timedelta(minutes=MINUTES)
    if not conclusion:
        run.status, run.conclusion = "in_progress", None
    for number, (name, ending) in enumerate((jobs or {}).items()):
        status = "completed" if ending else "in_progress"
        run.jobs[name] = Job(name, number + 1, status=status, conclusion=ending or None)
    return run


def of_newest(project: Project) -> Run | None:
    """Return the run of the newest release."""
    releases = project.releases.newest()
    return Deployments(project).of(releases[0], releases)


def outcome(project: Project) -> tuple[int, str] | None:
    """Return the number of the run of the newest release, and its conclusion, else its status."""
    run = of_newest(project)
    return (run.id, run.conclusion or run.status) if run else None


def commit_caller(world: World, text: str = CALLS) -> None:
    """Push a workflow that calls the one that publishes the chart."""
    (world.clone / CALLER).write_text(text)
    world.commit("ci: deliver")
    world.git("push", "--quiet", "origin", "main")
    world.github.actions.workflows("main")


@pytest.fixture
def called(world: World) -> World:
    """Give a sandbox with the releases 1.6.1 and 1.7.0, made by a workflow that calls another."""
    world.github.actions.disabled = True
    commit_caller(world)
    add_release(world, "1.6.1", "1.6.0", hours=4, conclusion="")
    add_release(world, "1.7.0", "1.6.1", hours=2, conclusion="")
    return world


RUNS_OF_A_CALLER: list[tuple[str, dict[str, str], str | None]] = [
    ("success", PUBLISHED, "success"),
    ("failure", {**PUBLISHED, "notes": "failure"}, "success"),
    ("success", FAILED, "failure"),
    ("failure", {"please": "success", "Helm main / package": "failure"}, "failure"),
    ("success", SKIPPED, None),
    ("failure", {**SKIPPED, "please": "failure"}, "failure"),
    ("cancelled", {"please": "cancelled"}, "cancelled"),
    ("", {"please": ""}, "in_progress"),
    ("", {**PUBLISHED, "Helm main / push": ""}, "in_progress"),
    ("", {**PUBLISHED, "notes": ""}, "success"),
    ("", {**SKIPPED, "notes": ""}, None),
    ("", {**SKIPPED, "please": "failure", "notes": ""}, "in_progress"),
]


@pytest.mark.thorough
def test_a_callers_run_of_the_releases_commit_has_the_outcome_of_the_called_jobs(
    called: World,
) -> None:
    project = make_project(called)
    assert outcome(project) is None
    for conclusion, jobs, expected in RUNS_OF_A_CALLER:
        called.github.actions.runs.clear()
        stage_run(called, conclusion, jobs, path=CALLER, commit="v1.7.0", hours=2.1)
        run = of_newest(project)
        found = run and (run.conclusion or run.status)
        assert found == expected, (conclusion, jobs)


@pytest.mark.thorough
def test_each_release_has_the_run_of_its_own_commit(called: World) -> None:
    project = make_project(called)
    for tag, hours in (("v1.6.1", 4.1), ("v1.7.0", 2.1)):
        stage_run(called, "success", PUBLISHED, path=CALLER, commit=tag, hours=hours)
    newest, older = project.releases.newest()
    deployments = Deployments(project)
    runs = [deployments.of(release, [newest, older]) for release in (newest, older)]
    assert [run and run.id for run in runs] == [2, 1]


@pytest.mark.thorough
def test_a_caller_of_another_commit_counts_if_it_ran_when_the_release_was_published(
    called: World,
) -> None:
    project = make_project(called)
    stage_run(called, "success", PUBLISHED, path=CALLER, commit="v1.6.1~1", hours=2.1)
    assert outcome(project) == (1, "success")
    stage_run(called, "success", SKIPPED, path=CALLER, commit="v1.6.1~1", hours=2.05)
    assert outcome(project) == (1, "success")
    called.github.actions.runs.clear()
    stage_run(called, "success", PUBLISHED, path=CALLER, commit="v1.6.1~1", hours=3)
    assert outcome(project) is None  # it had ended
    stage_run(called, "success", PUBLISHED, path=CALLER, commit="v1.6.1", hours=2.1)
    assert outcome(project) is None  # it is another release's
    stage_run(called, "failure", {"please": "failure"}, path=CALLER, commit="v1.6.1~1", hours=2.1)
    assert outcome(project) is None  # what failed before the call is not known to be for it


@pytest.mark.thorough
def test_a_workflow_that_calls_through_another_is_a_caller_too(called: World) -> None:
    text = "on: {push: {}}\njobs:\n  all:\n    uses: ./.github/workflows/deliver.yml\n"
    (called.clone / ".github/workflows/main.yml").write_text(text)
    called.commit("ci: main")
    called.git("push", "--quiet", "origin", "main")
    called.github.actions.workflows("main")
    add_release(called, "1.8.0", "1.7.0", hours=1, conclusion="")
    jobs = {"all / please": "failure", "all / Helm main / push": "success"}
    stage_run(called, "failure", jobs, path=".github/workflows/main.yml", commit="v1.8.0", hours=1)
    assert outcome(make_project(called)) == (1, "success")


@pytest.mark.thorough
def test_a_caller_that_is_gone_from_the_default_branch_is_no_error(called: World) -> None:
    called.git("rm", "--quiet", CALLER)
    called.commit("ci: no deliver")
    called.git("push", "--quiet", "origin", "main")
    assert outcome(make_project(called)) is None
    stage_run(called, "success", ref="v1.7.0")
    assert outcome(make_project(called)) == (1, "success")


@pytest.fixture
def alone(world: World) -> World:
    """Give a sandbox with the releases 1.6.1 and 1.7.0, without runs."""
    add_release(world, "1.6.1", "1.6.0", hours=4, conclusion="")
    add_release(world, "1.7.0", "1.6.1", hours=2, conclusion="")
    return world


OWN_RUNS: list[tuple[str, dict[str, Any], bool]] = [
    ("on the tag", {"ref": "v1.7.0"}, True),
    ("of the release", {"ref": "v1.7.0", "event": "release"}, True),
    ("on the tag, much later", {"ref": "v1.7.0", "hours": 0.1}, True),
    ("on another tag", {"ref": "v1.6.1"}, False),
    ("on the tag before it was moved", {"ref": "v1.7.0", "commit": "v1.6.1"}, False),
    ("of the commit", {"commit": "v1.7.0", "hours": 2.1}, True),
    ("of the commit, each night", {"commit": "v1.7.0", "hours": 9, "event": "schedule"}, False),
    ("of its pull request", {"commit": "v1.7.0", "event": "pull_request"}, False),
    ("of its pull request's base", {"commit": "v1.7.0", "event": "pull_request_target"}, False),
    ("on a branch of the commit", {"ref": "topic", "commit": "v1.7.0"}, False),
    ("on a branch that looks like a tag", {"ref": "deps/x-1.7.0", "commit": "v1.7.0"}, False),
    ("when it was published", {"hours": 2.1}, True),
    ("before", {"hours": 3}, False),
    ("by hand after it", {"event": "workflow_dispatch", "hours": 1}, True),
    ("by hand before it", {"event": "workflow_dispatch", "commit": "v1.6.1", "hours": 3}, False),
    ("next, after another workflow", {"event": "workflow_run", "hours": 1}, True),
    ("next, in the night", {"event": "schedule", "hours": 1}, True),
]


@pytest.mark.thorough
def test_the_workflows_own_run_is_found_by_its_tag_its_commit_or_its_time(alone: World) -> None:
    alone.commit("docs: more", {"README.md": ("# threek8s", "# Threek8s")})
    alone.git("push", "--quiet", "origin", "main")
    project = make_project(alone)
    assert outcome(project) is None
    for what, fields, is_found in OWN_RUNS:
        alone.github.actions.runs.clear()
        commit = fields.get("commit", fields.get("ref", "main"))
        stage_run(alone, "failure", **{**fields, "commit": commit})
        assert bool(of_newest(project)) == is_found, what


@pytest.mark.thorough
def test_of_several_runs_the_newest_that_succeeded_counts_else_the_newest(alone: World) -> None:
    alone.commit("docs: more", {"README.md": ("# threek8s", "# Threek8s")})
    alone.git("push", "--quiet", "origin", "main")
    project = make_project(alone)
    stage_run(alone, "failure", ref="v1.7.0", hours=2)
    stage_run(alone, "cancelled", ref="v1.7.0", hours=1.9)
    assert outcome(project) == (2, "cancelled")
    stage_run(alone, "failure", event="workflow_dispatch", hours=1.5)
    assert outcome(project) == (3, "failure")
    stage_run(alone, "", event="workflow_dispatch", hours=1.4)
    assert outcome(project) == (4, "in_progress")
    stage_run(alone, "success", event="workflow_dispatch", hours=1.3)
    stage_run(alone, "failure", event="workflow_dispatch", hours=1.2)
    assert outcome(project) == (5, "success")
    stage_run(alone, "success", ref="v1.7.0", hours=1.1)
    stage_run(alone, "failure", event="workflow_dispatch", hours=1)  # of something else
    assert outcome(project) == (7, "success")
    alone.github.actions.runs.clear()
    stage_run(alone, "", ref="v1.7.0", hours=2)  # it may yet succeed
    stage_run(alone, "failure", event="workflow_dispatch", hours=1)
    assert outcome(project) == (1, "in_progress")


def test_what_was_started_by_hand_after_the_next_release_is_not_for_this_one(
    alone: World,
) -> None:
    stage_run(alone, "success", event="workflow_dispatch", hours=1)
    stage_run(alone, "success", event="workflow_dispatch", hours=3)
    project = make_project(alone)
    newest, older = project.releases.newest()
    deployments = Deployments(project)
    runs = [deployments.of(release, [newest, older]) for release in (newest, older)]
    assert [run and run.id for run in runs] == [1, 2]


@pytest.mark.thorough
def test_of_two_releases_of_one_commit_each_has_the_run_on_its_tag(alone: World) -> None:
    alone.git("tag", "v1.8.0", "v1.7.0")
    alone.git("push", "--quiet", "origin", "v1.8.0")
    alone.github.create_release("v1.8.0", "v1.8.0", "")
    stage_run(alone, "success", ref="v1.7.0")
    stage_run(alone, "failure", ref="v1.8.0", hours=1)
    assert outcome(make_project(alone)) == (2, "failure")


@pytest.mark.thorough
def test_a_run_is_found_behind_those_of_many_pull_requests(alone: World) -> None:
    stage_run(alone, "success", ref="v1.6.1", hours=4)
    stage_run(alone, "failure", ref="v1.7.0", hours=2)
    stage_run(alone, "success", event="workflow_dispatch", commit="v1.7.0", hours=1)
    for _ in range(60):
        stage_run(alone, "success", ref="topic", commit="v1.6.1~1", event="pull_request", hours=0.5)
    project = make_project(alone)
    newest, older = project.releases.newest()
    deployments = Deployments(project)
    runs = [deployments.of(release, [newest, older]) for release in (newest, older)]
    assert [run and run.id for run in runs] == [3, 1]


@pytest.mark.thorough
def test_the_newest_run_since_a_time_may_be_a_callers(called: World) -> None:
    project = make_project(called)
    tip = called.git("rev-parse", "main")
    since = hours_ago(3)
    assert Deployments(project).newest(tip, since) is None
    stage_run(called, "failure", ref="v1.7.0", hours=2)
    stage_run(called, "failure", {**PUBLISHED, "notes": "failure"}, path=CALLER, hours=1)
    stage_run(called, "success", SKIPPED, path=CALLER, hours=0.5)
    newest = Deployments(project).newest(tip, since)
    assert newest and (newest.id, newest.conclusion) == (2, "success")
    assert Deployments(project).newest(tip, hours_ago(0.7)) is None
    last = Deployments(project).last()
    assert last and (last.id, last.conclusion) == (2, "success")


SECOND = "helm/other"


def release_two_charts(world: World, caller: str = "") -> World:
    """Let a sandbox have a second chart, and one release of both, whose tags name them."""
    world.github.actions.disabled = True
    if caller:
        commit_caller(world, caller)
    (world.clone / SECOND).mkdir()
    chart = "apiVersion: v2\nname: other\nversion: 1.6.0\nappVersion: 1.6.0\n"
    (world.clone / SECOND / "Chart.yaml").write_text(chart)
    world.commit("feat: another chart")
    bump = ("version: 1.6.0\nappVersion: 1.6.0", "version: 1.7.0\nappVersion: 1.7.0")
    world.commit("chore: release", {f"{CHART}/Chart.yaml": bump, f"{SECOND}/Chart.yaml": bump})
    for tag in ("threek8s-1.7.0", "other-1.7.0"):
        world.git("tag", tag)
        world.git("push", "--quiet", "origin", "main", tag)
        world.github.create_release(tag, tag, "")
        world.github.releases[0].created_at = hours_ago(2)
    world.github.actions.workflows("main")
    return world


@pytest.fixture
def several(world: World) -> World:
    """Give a sandbox with a release of two charts."""
    return release_two_charts(world)


def chart_projects(world: World) -> list[Project]:
    return [make_project(world, CHART_DIR=folder) for folder in (CHART, SECOND)]


def test_a_run_on_another_charts_tag_of_the_commit_is_not_for_this_chart(several: World) -> None:
    stage_run(several, "success", ref="threek8s-1.7.0")
    stage_run(several, "failure", ref="other-1.7.0", hours=1)
    found = [outcome(project) for project in chart_projects(several)]
    assert found == [(1, "success"), (2, "failure")]


@pytest.mark.thorough
def test_with_several_charts_a_run_by_hand_may_be_for_any_and_one_of_the_commit_is_for_all(
    several: World,
) -> None:
    stage_run(several, "success", event="workflow_dispatch", hours=1)
    assert [outcome(project) for project in chart_projects(several)] == [None, None]
    stage_run(several, "success", hours=2.1)
    found = [outcome(project) for project in chart_projects(several)]
    assert found == [(2, "success"), (2, "success")]


@pytest.mark.thorough
def test_jobs_that_name_another_chart_do_not_count(several: World) -> None:
    jobs = {"lint": "success", "push (threek8s)": "success", "push (other)": "failure"}
    stage_run(several, "failure", jobs)
    found = [outcome(project) for project in chart_projects(several)]
    assert found == [(1, "success"), (1, "failure")]
    several.github.actions.runs.clear()
    stage_run(several, "failure", {**jobs, "lint": "failure"})
    found = [outcome(project) for project in chart_projects(several)]
    assert found == [(1, "failure"), (1, "failure")]


CALLED_TWICE = """on: {push: {}}
jobs:
  first:
    uses: ./.github/workflows/publish-helm.yml
    with: {chart: helm/threek8s}
  second:
    uses: ./.github/workflows/publish-helm.yml
    with: {chart: helm/other}
"""
CALLED_BY_A_MATRIX = """on: {push: {}}
jobs:
  helm:
    strategy: {matrix: {chart: [threek8s, other]}}
    uses: ./.github/workflows/publish-helm.yml
"""


@pytest.mark.parametrize(
    ("text", "jobs"),
    [
        (CALLED_TWICE, ("first / push", "second / push")),
        (CALLED_BY_A_MATRIX, ("helm (threek8s) / push", "helm (other) / push")),
    ],
)
@pytest.mark.thorough
def test_of_calls_for_several_charts_those_for_this_one_count(
    world: World, text: str, jobs: tuple[str, str]
) -> None:
    release_two_charts(world, text)
    ours, theirs = jobs
    stage_run(world, "failure", {ours: "success", theirs: "failure"}, path=CALLER)
    found = [outcome(project) for project in chart_projects(world)]
    assert found == [(1, "success"), (1, "failure")]
    world.github.actions.runs.clear()
    stage_run(world, "success", {ours: "success"}, path=CALLER)
    assert [outcome(project) for project in chart_projects(world)] == [(1, "success"), None]
    world.github.actions.runs.clear()
    stage_run(world, "failure", {ours: "failure"}, path=CALLER)
    assert [outcome(project) for project in chart_projects(world)] == [(1, "failure"), None]

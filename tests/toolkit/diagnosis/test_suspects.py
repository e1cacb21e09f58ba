"""Suspects: which pull request it is, whether its revert reached users, and how to recover."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tasks.sandbox.world import WORKFLOW, World
from tasks.toolkit.diagnosis.releases import PlacedChart
from tasks.toolkit.diagnosis.suspects import (
    EPOCH,
    Suspect,
    describe_suspect,
    find_suspect,
    may_break_release,
    previous_release_time,
    recover_options,
)
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project

from ..withdrawals import save_withdrawn
from .staging import PUBLISHED, VALUES, add_release, merge_pull, publish
from .values import ago, chart, pull, release

SUSPECTED = "invoke recover --pr 42"
TWO_REPLICAS = ("replicas: 1", "replicas: 2")
TITLE = '#42 "feat: two replicas"'


PULLS = [
    ("feat: more", "more", ["chart/values.yaml"], True),
    ("ci: move", "move", [WORKFLOW, "README.md"], True),
    ("docs: more", "more", ["README.md", "charts/Chart.yaml"], False),
    ('Revert "feat: more"', "revert-42-more", ["chart/values.yaml"], False),
    ("chore: release", "release-please--branches--main", ["chart/Chart.yaml"], False),
    (
        "chore: release",
        "release-please--branches--main",
        ["chart/Chart.yaml", "chart/values.yaml"],
        True,
    ),
    ("chore: bump", "bump", ["chart/Chart.yaml"], True),
]


@pytest.mark.parametrize(("title", "head", "files", "expected"), PULLS)
def test_only_a_change_of_workflow_or_chart_may_break_a_release(
    title: str,
    head: str,
    files: list[str],
    expected: bool,
) -> None:
    changing = pull(42, title, head)
    assert may_break_release(changing, files, "chart", WORKFLOW) is expected


def test_changes_count_since_the_release_before() -> None:
    first = release("1.5.0", ago(hours=3))
    second = release("1.6.0", ago(hours=2))
    third = release("1.7.0", ago(hours=1))
    releases = [third, second, first]
    assert previous_release_time(releases, third) == second.published_at
    assert previous_release_time(releases, second) == first.published_at
    assert previous_release_time(releases, first) == EPOCH


OPTIONS = [
    (False, "1.7.0", "1.7.0", "1.7.0", ""),
    (False, "1.7.0+build.5", "1.7.0", "1.7.0", ""),
    (True, "1.7.0", "1.7.0", "1.7.0", " --version next"),
    (True, "1.6.1", "1.7.0", "1.7.0", " --version next"),
    (False, "1.6.1", "1.7.0", "1.7.0", " --version 1.7.0"),
    (False, "1.6.1", "1.7.0", "1.6.1", " --version 1.7.0 --app-version 1.7.0"),
    (False, "1.7.0", "1.6.1", "1.7.0", " --app-version 1.7.0"),
    (True, "missing", "1.7.0", "missing", " --version next --app-version 1.7.0"),
]


@pytest.mark.parametrize(("is_taken", "tip_version", "tagged_app", "tip_app", "expected"), OPTIONS)
def test_versions_that_are_taken_or_differ_are_set_by_the_command(
    is_taken: bool,
    tip_version: str,
    tagged_app: str,
    tip_app: str,
    expected: str,
) -> None:
    tagged = PlacedChart("v1.7.0", "abc", chart("1.7.0", tagged_app))
    tip = PlacedChart("main", "def", chart(tip_version, tip_app))
    assert recover_options("1.7.0", is_taken, tagged, tip) == expected


def test_a_hostile_tag_is_quoted_in_the_options() -> None:
    version = "1.7.0'$(id);x"
    other = PlacedChart("main", "tip", chart("1.6.0", "1.6.0"))
    options = shlex.split(recover_options(version, False, other, other))
    assert options == ["--version", version, "--app-version", version]


def test_a_suspect_is_described_with_what_became_of_its_revert() -> None:
    bad = pull(42, merged="bad")
    name = '#42 "feat: more"'
    assert describe_suspect(bad, None, False) == f"suspected: {name}"
    opened = f"suspected: {name}; its revert #43 is not merged"
    assert describe_suspect(bad, pull(43), False) == opened
    merged = pull(43, merged="revert")
    reverted = f"{name} is reverted by #43"
    assert describe_suspect(bad, merged, True) == reverted
    nowhere = f"{reverted}, but no published chart has that revert"
    assert describe_suspect(bad, merged, False) == nowhere


@pytest.fixture
def bad(world: World) -> World:
    """Give a sandbox whose release 1.7.0 is suspected to be broken by pull request 42."""
    add_release(world, "1.6.1", "1.6.0", hours=2)
    publish(world, "1.6.1")
    workflow = {WORKFLOW: ("name: Publish Helm Chart", "name: Publish the chart")}
    merge_pull(world, 40, "ci: a name", workflow, hours=1.8)
    values = {VALUES: TWO_REPLICAS}
    merge_pull(world, 42, "feat: two replicas", values, hours=1.6)
    readme = {"README.md": ("# threek8s", "# Threek8s")}
    merge_pull(world, 44, "docs: more", readme, hours=1.4)
    add_release(world, "1.7.0", "1.6.1", hours=1)
    return world


def suspect_in(project: Project, log: IncidentLog) -> Suspect:
    newest, *older = project.releases.newest()
    return find_suspect(project, log, [newest, *older], newest)


def test_the_newest_change_is_suspected_and_a_free_version_published_again(
    bad: World,
    project: Project,
    log: IncidentLog,
    tmp_path: Path,
) -> None:
    expected = Suspect(f"suspected: {TITLE}", SUSPECTED, "1.6.1")
    assert suspect_in(project, log) == expected
    (reference,) = project.published_references("1.7.0")
    save_withdrawn(tmp_path / "2026-01-01T000000Z", reference)
    assert suspect_in(project, log).command == f"{SUSPECTED} --version next"
    assert bad.github.pulls[42].state == "MERGED"


@pytest.mark.thorough
def test_a_version_that_is_published_or_below_what_users_get_is_not_published_again(
    bad: World,
    project: Project,
    log: IncidentLog,
) -> None:
    publish(bad, "1.7.0")
    command = f"{SUSPECTED} --version next"
    suspect = suspect_in(project, log)
    assert suspect == Suspect(f"suspected: {TITLE}", command, "1.7.0")
    bad.registry.access.private.add(PUBLISHED)
    suspect = suspect_in(project, log)
    assert suspect == Suspect(f"suspected: {TITLE}", command, "")
    bad.registry.access.private.clear()
    bad.registry.repositories[PUBLISHED].tags.pop("1.7.0")
    assert suspect_in(project, log).command == SUSPECTED
    publish(bad, "1.8.0")
    suspect = suspect_in(project, log)
    assert suspect == Suspect(f"suspected: {TITLE}", command, "1.8.0")


def test_a_revert_helps_nobody_until_it_is_merged_and_a_chart_is_published_with_it(
    bad: World,
    project: Project,
    log: IncidentLog,
) -> None:
    revert = bad.github.revert(42).number
    suspect = suspect_in(project, log)
    opened = f"suspected: {TITLE}; its revert #{revert} is not merged"
    assert suspect.description == opened
    assert suspect.command == SUSPECTED
    bad.github.merge(revert)
    suspect = suspect_in(project, log)
    reverted = f"{TITLE} is reverted by #{revert}"
    assert suspect.description == f"{reverted}, but no published chart has that revert"
    assert suspect.command == SUSPECTED
    publish(bad, "1.7.1", "1.7.0")
    assert suspect_in(project, log) == Suspect(reverted, "", "1.7.1")


def test_a_chart_of_the_same_version_has_the_revert_if_its_files_do(
    bad: World,
    project: Project,
    log: IncidentLog,
) -> None:
    revert = bad.github.revert(42)
    bad.github.merge(revert.number)
    publish(bad, "1.7.0")
    assert suspect_in(project, log).command == f"{SUSPECTED} --version next"
    bad.git("pull", "--quiet")
    publish(bad, "1.7.0")
    assert suspect_in(project, log).command == ""
    publish(bad, "1.7.0", "1.6.1")
    assert suspect_in(project, log).command == f"{SUSPECTED} --version next"


def test_what_was_reverted_before_the_release_is_passed_over(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    add_release(world, "1.6.1", "1.6.0", hours=2)
    values = {VALUES: TWO_REPLICAS}
    merge_pull(world, 42, "feat: two replicas", values, hours=1.6)
    revert = world.github.revert(42)
    world.github.merge(revert.number)
    world.git("pull", "--quiet")
    add_release(world, "1.7.0", "1.6.1", hours=1)
    suspect = suspect_in(project, log)
    assert suspect.description.startswith("no pull request merged since the previous release")
    assert suspect.command == "invoke recover --sha HASH, with the commit that caused it"
    workflow = {WORKFLOW: ("name: Publish Helm Chart", "name: Publish the chart")}
    merge_pull(world, 40, "ci: a name", workflow, hours=1.8)
    assert suspect_in(project, log).description == 'suspected: #40 "ci: a name"'

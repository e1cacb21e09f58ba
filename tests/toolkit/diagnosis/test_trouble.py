"""When the trouble began: between the last good release and the first bad one."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import CHART, World
from tasks.toolkit.diagnosis.trouble import Trouble, find_trouble
from tasks.toolkit.incident.project import Project

from .staging import PUBLISHED, add_release, fail_step, make_project, publish
from .values import release

GOOD = release("1.6.0")
BAD = release("1.7.0")
RUN_FAILED = "failure"


def trouble_in(project: Project, *fired: str) -> Trouble:
    return find_trouble(project, project.releases.newest()[0], fired)


def tags(trouble: Trouble) -> tuple[str, str]:
    good, bad = trouble.last_good, trouble.first_bad
    return good.tag if good else "", bad.tag if bad else ""


def test_trouble_is_described_by_the_releases_around_its_beginning() -> None:
    assert str(Trouble(BAD, GOOD, BAD)) == "between v1.6.0 (the last good release) and v1.7.0"
    assert str(Trouble(BAD, BAD, None)) == "after v1.7.0 (the last good release)"
    by_run = Trouble(BAD, GOOD, BAD, is_good_by_run=True)
    assert "v1.6.0 (the last release whose run succeeded)" in str(by_run)
    unknown = Trouble(BAD, None, GOOD, (BAD, GOOD))
    assert str(unknown) == "no good release among the newest 2"
    assert unknown.since == ""


@pytest.fixture
def staged(world: World) -> World:
    """Give a sandbox with a good release, and two whose runs failed since."""
    add_release(world, "1.6.1", "1.6.0", hours=4)
    publish(world, "1.6.1")
    add_release(world, "1.7.0", "1.6.1", hours=3, conclusion=RUN_FAILED)
    add_release(world, "1.7.1", "1.7.0", hours=2, conclusion=RUN_FAILED)
    return world


@pytest.mark.thorough
def test_the_last_sound_release_may_be_older_than_the_one_before(
    staged: World, project: Project
) -> None:
    assert tags(trouble_in(project, "publish")) == ("v1.6.1", "v1.7.0")
    publish(staged, "1.7.0")  # by hand, but its run failed
    assert tags(trouble_in(project, "publish")) == ("v1.6.1", "v1.7.0")
    run = staged.github.runs[1]
    fail_step(run, "announce: Tell", after=["Push unless it is published already"])
    assert tags(trouble_in(project, "publish")) == ("v1.7.0", "v1.7.1")


@pytest.mark.thorough
def test_where_no_chart_is_found_the_last_run_that_succeeded_counts(
    staged: World, project: Project
) -> None:
    staged.registry.repositories[PUBLISHED].tags.clear()
    trouble = trouble_in(project, "publish")
    assert tags(trouble) == ("v1.6.1", "v1.7.0")
    assert trouble.is_good_by_run
    for run in staged.github.runs:  # then the place may be wrong
        run.conclusion = "success"
    trouble = trouble_in(project, "publish")
    assert tags(trouble) == ("", "v1.6.1")
    assert len(trouble.releases) == 3


def test_users_report_what_the_newest_release_brought(staged: World, project: Project) -> None:
    for run in staged.github.runs:
        run.conclusion = "success"
    publish(staged, "1.7.0")
    publish(staged, "1.7.1")
    assert tags(trouble_in(project, "users")) == ("v1.7.0", "v1.7.1")


@pytest.mark.thorough
def test_versions_may_be_wrong_in_the_release_or_only_after_it(
    staged: World, project: Project
) -> None:
    for run in staged.github.runs:
        run.conclusion = "success"
    publish(staged, "1.7.0")
    publish(staged, "1.7.1")
    assert tags(trouble_in(project, "versions")) == ("v1.7.1", "")
    publish(staged, "1.7.1", "1.6.1")
    assert tags(trouble_in(project, "versions")) == ("v1.7.0", "v1.7.1")
    publish(staged, "1.7.0", "1.6.1")
    assert tags(trouble_in(project, "versions")) == ("v1.6.1", "v1.7.0")
    assert tags(trouble_in(project, "users")) == ("v1.7.0", "v1.7.1")  # who can install it


@pytest.mark.thorough
def test_versions_may_be_wrong_only_at_the_tag(staged: World, project: Project) -> None:
    for run in staged.github.runs:
        run.conclusion = "success"
    staged.git("tag", "v1.7.2")
    staged.git("push", "--quiet", "origin", "v1.7.2")
    staged.github.create_release("v1.7.2", "v1.7.2", "")
    for version in ("1.7.1", "1.7.2"):
        publish(staged, version)
    assert tags(trouble_in(project, "versions")) == ("v1.7.1", "v1.7.2")


@pytest.mark.thorough
def test_more_releases_are_searched_if_all_of_the_newest_are_bad(world: World) -> None:
    add_release(world, "1.6.1", "1.6.0", hours=30)
    publish(world, "1.6.1")
    for patch in range(2, 14):
        old, new = f"1.6.{patch - 1}", f"1.6.{patch}"
        add_release(world, new, old, hours=30 - patch, conclusion=RUN_FAILED)
    project = make_project(world)
    assert (world.clone / CHART).is_dir()
    assert tags(trouble_in(project, "publish")) == ("v1.6.1", "v1.6.2")
    publish(world, "1.6.12")
    world.github.runs[1].conclusion = "success"
    trouble = trouble_in(project, "publish")
    assert tags(trouble) == ("v1.6.12", "v1.6.13")
    assert len(trouble.releases) == 10

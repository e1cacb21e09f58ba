"""The releases of a chart at origin and on GitHub, as they are now."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tasks.sandbox.world import CHART, World
from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.incident.chart_history import ChartHistory

from ..diagnosis.staging import add_release, hours_ago, make_project

SECOND = "helm/other"


def tags(world: World, **settings: str) -> list[str]:
    return [release.tag for release in make_project(world, **settings).releases.newest()]


def push_tag(world: World, tag: str, version: str = "") -> None:
    """Push a tag, after a bump of the version in Chart.yaml if one is given."""
    if version:
        file = world.clone / CHART / "Chart.yaml"
        lines = file.read_text().splitlines()
        bumped = [f"version: {version}" if line.startswith("version:") else line for line in lines]
        file.write_text("\n".join(bumped) + "\n")
        world.commit(f"chore: release {version}")
    world.git("tag", tag)
    world.git("push", "--quiet", "origin", "main", tag)


def test_releases_have_their_time_version_and_commit_and_tags_need_no_release(
    world: World,
) -> None:
    world.github.actions.disabled = True
    add_release(world, "1.6.1", "1.6.0", hours=4, conclusion="")
    push_tag(world, "v1.7.0", "1.7.0")
    project = make_project(world)
    newest, older = project.releases.newest()
    assert (newest.tag, newest.version) == ("v1.7.0", "1.7.0")
    assert newest.commit == world.git("rev-parse", "v1.7.0")
    assert (older.tag, older.version) == ("v1.6.1", "1.6.1")
    assert abs(older.published_at - hours_ago(4)) < timedelta(minutes=1)
    assert project.releases.find_tag("1.6.1") == "v1.6.1"
    assert project.releases.version_of("v1.7.0") == "1.7.0"
    assert project.releases.rule.pattern.tag_of("9.0.0") == "v9.0.0"


def test_new_tags_and_releases_are_seen_by_the_same_project(world: World) -> None:
    world.github.actions.disabled = True
    project = make_project(world)
    assert project.releases.newest() == []
    assert str(project.releases.rule.pattern) == "v{version}"
    push_tag(world, "1.7.0", "1.7.0")
    assert [release.tag for release in project.releases.newest()] == ["1.7.0"]
    assert str(project.releases.rule.pattern) == "{version}"
    world.github.create_release("1.8.0", "1.8.0", "")
    assert [release.tag for release in project.releases.newest()] == ["1.8.0"]


def test_within_the_time_between_two_polls_origin_and_github_are_asked_once(world: World) -> None:
    push_tag(world, "v1.7.0", "1.7.0")
    releases = make_project(world, POLL_INTERVAL="60").releases
    assert [release.tag for release in releases.newest()] == ["v1.7.0"]
    requests = len(world.github.requests)
    push_tag(world, "v1.8.0")
    assert [release.tag for release in releases.newest()] == ["v1.7.0"]
    assert releases.find_tag("1.8.0") == ""
    assert len(world.github.requests) == requests


def test_threads_that_ask_at_the_same_time_learn_the_rules_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    push_tag(world, "v1.7.0", "1.7.0")
    read = []
    charts_at = ChartHistory.charts_at

    def count(history: ChartHistory, commits: list[str]) -> object:
        read.append(commits)
        return charts_at(history, commits)

    monkeypatch.setattr(ChartHistory, "charts_at", count)
    project = make_project(world, POLL_INTERVAL="60")
    with ThreadPoolExecutor(8) as threads:
        rules = set(threads.map(lambda _: project.releases.rule, range(8)))
    assert len(rules) == 1
    assert len(read) == 1


def test_the_pattern_of_tags_can_be_set(world: World) -> None:
    push_tag(world, "threek8s-v1.7.0", "1.7.0")
    push_tag(world, "v1.8.0", "1.8.0")
    assert set(tags(world)) == {"v1.8.0", "threek8s-v1.7.0"}
    assert tags(world, TAG_PATTERN="{chart}-v{version}") == ["threek8s-v1.7.0"]
    with pytest.raises(BadInput, match="no tag matches TAG_PATTERN, not even v1"):
        tags(world, TAG_PATTERN="{version}")
    project = make_project(world, APP_VERSION_RULE="v{version}")
    assert project.releases.rule_of("v1.8.0").app_version_of("v1.8.0") == "v1.8.0"


def test_tags_that_may_be_the_charts_but_are_not_known_to_be_are_no_silence(world: World) -> None:
    world.git("tag", "v1.10")
    world.git("push", "--quiet", "origin", "v1.10")
    expected = (
        "no tag is recognized as a release of the chart threek8s, not even v1.10: set TAG_PAT"
    )
    with pytest.raises(BadInput, match=expected):
        tags(world)


def test_tags_from_before_the_chart_or_of_a_removed_one_are_silence(world: World) -> None:
    world.git("checkout", "--quiet", "--orphan", "before")
    world.git("rm", "--quiet", "-r", "--force", ".")
    world.git("commit", "--quiet", "--allow-empty", "--message=before")
    world.git("tag", "v0.1.0")
    world.git("switch", "--quiet", "main")
    (world.clone / SECOND).mkdir()
    (world.clone / SECOND / "Chart.yaml").write_text("name: other\nversion: 1.0.0\n")
    world.commit("feat: another chart")
    world.git("tag", "other-1.0.0")
    world.git("rm", "--quiet", "-r", SECOND)
    world.commit("feat!: no other chart")
    world.git("push", "--quiet", "origin", "main", "v0.1.0", "other-1.0.0")
    assert tags(world) == []


def test_tags_that_name_another_chart_or_no_version_are_silence(world: World) -> None:
    for tag in ("other-1.10", "nightly"):
        world.git("tag", tag)
        world.git("push", "--quiet", "origin", tag)
    (world.clone / SECOND).mkdir()
    (world.clone / SECOND / "Chart.yaml").write_text("name: other\nversion: 1.0.0\n")
    world.commit("feat: another chart")
    world.git("push", "--quiet", "origin", "main")
    assert tags(world, CHART_DIR=CHART) == []


def test_another_charts_tags_and_releases_are_not_ours(world: World) -> None:
    world.github.actions.disabled = True
    (world.clone / SECOND).mkdir()
    (world.clone / SECOND / "Chart.yaml").write_text("name: threek8s-extra\nversion: 1.6.0\n")
    world.commit("feat: another chart")
    for tag in ("threek8s-1.6.0", "threek8s-extra-1.6.0"):
        push_tag(world, tag)
        world.github.create_release(tag, tag, "")
    assert tags(world, CHART_DIR=CHART) == ["threek8s-1.6.0"]
    assert tags(world, CHART_DIR=SECOND) == ["threek8s-extra-1.6.0"]
    releases = make_project(world, CHART_DIR=CHART).releases
    assert releases.version_of("threek8s-extra-1.6.0") == ""
    assert releases.prerelease_of("threek8s-extra-9.0.0-test") == ""
    assert releases.prerelease_of("threek8s-9.0.0") == ""
    assert releases.prerelease_of("threek8s-chart-9.0.0-test") == "9.0.0-test"


def test_a_chart_yaml_that_is_broken_in_the_clone_hides_no_release(world: World) -> None:
    push_tag(world, "v1.7.0", "1.7.0")
    file = world.clone / CHART / "Chart.yaml"
    file.write_text(file.read_text().replace("version: 1.7.0", "version: new"))
    assert tags(world) == ["v1.7.0"]
    file.write_text("name: [\n")
    assert tags(world) == ["v1.7.0"]
    file.unlink()
    assert tags(world) == ["v1.7.0"]

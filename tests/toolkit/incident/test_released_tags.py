"""Which tags are releases: those that GitHub has, and newer ones that it has no release of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from tasks.toolkit.clients.github.releases import LISTED
from tasks.toolkit.incident.chart_tags import ChartTags
from tasks.toolkit.incident.released_tags import find_releases, find_tag
from tasks.toolkit.incident.rule_learning import learn_rules

from .histories import START, Step, make_history, tagged

NAME = "podinfo"
Times = Mapping[str, datetime | None]


def equal(*tags: str) -> list[Step]:
    """Return releases whose Chart.yaml has the version of the tag."""
    steps = []
    for tag in tags:
        version = tag.lstrip("chart-v")
        steps += tagged(NAME, (tag, version, version))
    return steps


def published(*tags: str) -> dict[str, datetime | None]:
    """Return GitHub's releases, an hour after each other, long after all commits."""
    return {tag: START + timedelta(days=9, hours=hour) for hour, tag in enumerate(tags)}


def newest(steps: Sequence[Step], times: Times | None = None, limit: int = 10) -> list[str]:
    """Return the tags of the newest releases."""
    tags, commits = make_history(steps, NAME)
    charts = frozenset({NAME})
    own = ChartTags(NAME, charts, learn_rules(NAME, charts, tags, commits))
    return [release.tag for release in find_releases(own, tags, times or {}, commits, limit)]


def test_without_releases_on_github_all_tags_but_pre_releases_are_releases() -> None:
    steps = equal("v1.0.0", "v1.1.0", "v1.2.0-rc.1", "v1.0.1")
    assert newest(steps) == ["v1.0.1", "v1.1.0", "v1.0.0"]
    assert newest(steps, limit=1) == ["v1.0.1"]
    assert newest(equal("v1.0.0-rc.1")) == []


def test_releases_are_sorted_by_their_time_and_others_than_the_charts_passed_over() -> None:
    steps = equal("v1.0.0", "v1.1.0", "v1.2.0")
    times = published("v1.2.0", "operator-v2.0.0", "v1.0.0", "v1.1.0", "v9.9.9")
    assert newest(steps, times) == ["v1.1.0", "v1.0.0", "v1.2.0"]


def test_a_tag_that_github_has_no_release_of_counts_if_it_is_the_highest() -> None:
    steps = equal("v1.0.0", "v1.1.0", "v1.0.1", "v1.2.0", "v1.3.0-rc.1")
    assert newest(steps, published("v1.0.0", "v1.1.0")) == ["v1.1.0", "v1.0.0", "v1.2.0"]
    drafts: Times = {**published("v1.0.0", "v1.1.0"), "v1.2.0": None}
    assert newest(steps, drafts) == ["v1.1.0", "v1.0.0"]
    below_the_draft = [*steps, *equal("v1.1.1")]
    assert newest(below_the_draft, drafts) == ["v1.1.0", "v1.0.0", "v1.1.1"]


def test_older_tags_count_if_github_has_more_releases_than_were_listed() -> None:
    steps = equal("v1.0.0", "v1.1.0", "v1.2.0")
    others = published(*[f"other-1.0.{number}" for number in range(LISTED - 1)])
    assert newest(steps, {**others, "v1.2.0": START}) == ["v1.2.0"]
    late = START + timedelta(hours=2)
    assert newest(steps, {**others, "v1.2.0": late}) == ["v1.2.0", "v1.1.0", "v1.0.0"]


def test_of_two_tags_of_a_version_that_of_the_first_rule_counts() -> None:
    steps = [Step([f"v1.{n}.0", f"podinfo-1.{n}.0"], {NAME: (f"1.{n}.0", "x")}) for n in range(3)]
    assert newest(steps) == ["podinfo-1.2.0", "podinfo-1.1.0", "podinfo-1.0.0"]
    assert newest(equal("v1.6.0", "v1.7.0", "chart-v1.7.0"))[0] == "v1.7.0"


def test_tags_from_before_the_chart_are_left_out_but_a_release_without_it_is_not() -> None:
    steps = [Step([f"v0.{number}.0"], {}) for number in range(3)]
    steps += equal("v1.0.0", "v1.1.0")
    assert newest(steps) == ["v1.1.0", "v1.0.0"]
    steps += [Step(["v1.2.0"], {})]
    assert newest(steps) == ["v1.2.0", "v1.1.0", "v1.0.0"]


def test_an_applications_tag_on_the_commit_of_the_charts_is_no_release_of_that() -> None:
    steps = equal("v1.0.0", "v1.1.0", "v1.2.0")
    for number in (3, 4):
        steps.append(
            Step([f"v1.{number}.0", f"chart-v2.{number}.0"], {NAME: (f"2.{number}.0", "x")})
        )
    assert newest(steps)[:2] == ["chart-v2.4.0", "chart-v2.3.0"]
    assert "v1.4.0" not in newest(steps)
    assert newest(steps, limit=2) == ["chart-v2.4.0", "chart-v2.3.0"]
    retagged = [*equal("v1.0.0"), Step(["v1.1.0-rc.1", "v1.1.0"], {NAME: ("1.1.0-rc.1", "x")})]
    assert newest(retagged)[0] == "v1.1.0"  # what is wrong with it is to be seen


def test_a_release_has_the_version_of_chart_yaml_where_that_is_of_its_own() -> None:
    steps = tagged(NAME, ("v1.0.0", "0.1.0", "x"), ("v1.1.0", "0.2.0", "x"))
    tags, commits = make_history(steps, NAME)
    charts = frozenset({NAME})
    own = ChartTags(NAME, charts, learn_rules(NAME, charts, tags, commits))
    released = find_releases(own, tags, {}, commits, 10)
    assert [release.version for release in released] == ["0.2.0", "0.1.0"]


def found_tag(steps: Sequence[Step], version: str) -> str:
    tags, commits = make_history(steps, NAME)
    charts = frozenset({NAME})
    own = ChartTags(NAME, charts, learn_rules(NAME, charts, tags, commits))
    return find_tag(own, tags, version, commits)


def test_the_tag_of_a_version_is_the_plain_one_if_there_is_one() -> None:
    steps = equal("v1.5.0", "v1.6.0", "v1.7.0", "v1.8.0-rc.1")
    assert found_tag([*steps, *equal("chart-v1.7.0")], "1.7.0") == "v1.7.0"
    assert found_tag([*steps, *equal("chart-v1.7.1")], "1.7.1") == "chart-v1.7.1"
    assert found_tag(steps, "1.8.0-rc.1") == "v1.8.0-rc.1"
    for other in ("1.8.0", "11.7.0", "v1.7.0", ""):
        assert found_tag(steps, other) == ""


def test_the_tag_of_a_version_of_its_own_is_the_newest_with_it_in_chart_yaml() -> None:
    own = [("v1.0.0", "0.1.0"), ("v1.1.0", "0.1.0"), ("v1.2.0", "0.2.0")]
    steps = tagged(NAME, *[(tag, version, "x") for tag, version in own])
    assert found_tag(steps, "0.1.0") == "v1.1.0"
    assert found_tag(steps, "1.2.0") == ""

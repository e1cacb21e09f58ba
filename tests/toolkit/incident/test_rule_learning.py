"""Which patterns of tags are a chart's, where a repository has several."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tasks.toolkit.core.tag_pattern import TagPattern
from tasks.toolkit.incident.release_rule import BY_WORKFLOW, EQUAL, ReleaseRule
from tasks.toolkit.incident.rule_learning import learn_rules

from .histories import Step, make_history, tagged

NAME = "podinfo"
ALONE = frozenset({NAME})


def patterns(
    steps: Sequence[Step],
    name: str = NAME,
    charts: frozenset[str] = ALONE,
    *,
    has_setter: bool = False,
) -> list[str]:
    """Return the patterns of a chart's tags, the one that counts first."""
    tags, commits = make_history(steps, name, has_setter=has_setter)
    return [str(rule.pattern) for rule in learn_rules(name, charts, tags, commits)]


def equal(prefix: str, *versions: str) -> list[Step]:
    """Return releases whose Chart.yaml has the version of the tag."""
    return tagged(NAME, *[(f"{prefix}{version}", version, version) for version in versions])


def test_an_applications_tags_beside_the_charts_are_passed_over() -> None:
    steps = []
    for number in range(4):
        steps += tagged(NAME, (f"v2.{number}.0", f"0.{number}.0", f"2.{number}.0"))
        steps += tagged(NAME, (f"chart-0.{number}.1", f"0.{number}.1", f"2.{number}.0"))
    steps += tagged(NAME, ("v2.4.0", "0.3.1", "2.4.0"))
    assert patterns(steps) == ["chart-{version}"]


def test_tags_that_name_the_chart_are_preferred_where_chart_yaml_says_nothing() -> None:
    steps = tagged(NAME, *[(f"v2.{number}.0", "0.0.0", "latest") for number in range(9)])
    steps[3:3] = tagged(NAME, ("podinfo-1.0.0", "0.0.0", "latest"))
    charts = frozenset({NAME, "other"})
    assert patterns(steps, charts=charts) == ["podinfo-{version}"]
    steps[4:4] = tagged(NAME, ("chart-1.0.0", "0.0.0", "latest"))
    assert patterns(steps)[0] == "chart-{version}"  # podinfo-1.0.0 may be the application's


def test_tags_of_a_second_scheme_count_beside_those_of_the_first() -> None:
    steps = equal("v", "1.5.0", "1.6.0", "1.7.0")
    steps += equal("chart-v", "1.7.1")
    assert patterns(steps) == ["v{version}", "chart-v{version}"]
    steps += equal("v", "1.8.0")
    assert patterns(steps) == ["v{version}", "chart-v{version}"]


def test_a_scheme_that_a_second_release_uses_counts_first() -> None:
    steps = equal("v", "1.5.0", "1.6.0", "1.7.0")
    assert patterns([*steps, *equal("", "1.8.0")]) == ["v{version}", "{version}"]
    steps += equal("", "1.8.0", "1.9.0", "1.10.0")
    assert patterns(steps) == ["{version}", "v{version}"]


def test_a_tag_of_the_chart_that_its_workflow_versions_counts_beside_the_others() -> None:
    steps = equal("v", "1.6.0", "1.7.0") + tagged(NAME, ("chart-v1.7.1", "1.7.0", "1.7.0"))
    tags, commits = make_history(steps, NAME, has_setter=True)
    main, chart_only = learn_rules(NAME, ALONE, tags, commits)
    assert main == ReleaseRule(TagPattern("v"), EQUAL, "{version}")
    assert (chart_only.pattern, chart_only.version_from) == (TagPattern("chart-v"), BY_WORKFLOW)
    assert chart_only.app_version_of("chart-v1.7.1") == ""


def test_where_another_tag_of_a_commit_names_the_chart_the_plain_one_is_the_applications() -> None:
    steps = [Step([f"v0.{number}.0"], {NAME: (f"0.{number}.0", "x")}) for number in range(3)]
    for number in range(3, 9):
        versions = {NAME: (f"2.{number}.0", "x")}
        steps.append(Step([f"helm-chart-v2.{number}.0", f"v0.{number}.0"], versions))
    assert patterns(steps)[0] == "helm-chart-v{version}"
    tags, commits = make_history(steps, NAME)
    rules = learn_rules(NAME, ALONE, tags, commits)
    assert all(rule.version_from == EQUAL for rule in rules)


def test_tags_of_a_part_of_the_repository_are_not_the_charts() -> None:
    steps = tagged(NAME, *[(f"v1.{number}.0", f"0.{number}.0", "x") for number in range(5)])
    steps += tagged(NAME, *[(f"operator-v1.{number}.0", "0.4.0", "x") for number in range(5)])
    steps += tagged(NAME, *[(f"podinfo-cli-v1.{number}.0", "0.4.0", "x") for number in range(5)])
    steps += tagged(NAME, *[(f"sdk/go/v0.{number}.0", "0.4.0", "x") for number in range(5)])
    assert patterns(steps) == ["v{version}"]


def test_unfamiliar_words_are_the_charts_if_its_version_proves_that_or_nothing_else_exists() -> (
    None
):
    assert patterns(equal("deploy-v", "1.0.0", "1.1.0")) == ["deploy-v{version}"]
    constant = tagged(NAME, ("deploy-v1.0.0", "0.0.0", "x"), ("deploy-v1.1.0", "0.0.0", "x"))
    assert patterns(constant) == ["deploy-v{version}"]
    with_others = [*constant, *tagged(NAME, ("v1.0.0", "0.0.0", "x"))]
    assert patterns(with_others) == ["v{version}"]
    assert patterns(constant, charts=frozenset({NAME, "other"})) == []


def test_tags_of_a_chart_that_was_removed_are_not_taken_over() -> None:
    steps = [
        Step([f"old-1.{number}.0"], {"old": (f"1.{number}.0", "x"), NAME: (f"1.{number}.0", "x")})
        for number in range(4)
    ]
    charts = frozenset({NAME, "other"})
    assert patterns(steps, charts=charts) == []
    assert patterns([*steps, *equal("podinfo-", "2.0.0")], charts=charts) == ["podinfo-{version}"]


def test_releases_of_all_charts_together_are_each_ones() -> None:
    versions = dict.fromkeys(("loki", "loki-stack"), ("1.0.0", "x"))
    steps = [Step(["v1.0.0"], versions)]
    for chart in versions:
        assert patterns(steps, chart, frozenset(versions)) == ["v{version}"]


def test_a_prefix_that_may_be_of_two_charts_is_of_neither() -> None:
    charts = {"app": ("1.0.0", "x"), "app-chart": ("1.0.0", "x")}
    steps = [Step(["app-1.0.0", "app-chart-1.0.0"], charts)]
    assert patterns(steps, "app", frozenset(charts)) == ["app-{version}"]
    assert patterns(steps, "app-chart", frozenset(charts)) == []


def test_test_tags_that_were_left_teach_nothing() -> None:
    steps = [*equal("v", "1.6.0"), *tagged(NAME, ("chart-v999.0.0-test", "1.6.0", "1.6.0"))]
    assert patterns(steps) == ["v{version}"]


def test_dates_and_a_dot_after_the_v_are_versions_too() -> None:
    assert patterns(equal("v", "2026.10.1", "2026.11.26")) == ["v{version}"]
    assert patterns(equal("v.", "1.0.0", "1.1.0")) == ["v.{version}"]
    assert patterns(tagged(NAME, ("v1.10", "1.10.0", "1.10.0"))) == []


@pytest.mark.parametrize("versions", [(), ("1.0.0", "1.1.0")])
def test_a_pattern_that_is_set_is_the_only_one(versions: Sequence[str]) -> None:
    tags, commits = make_history(equal("v", "2.0.0") + equal("x-", *versions), NAME)
    (rule,) = learn_rules(NAME, ALONE, tags, commits, TagPattern.parse("x-{version}", NAME))
    assert rule == ReleaseRule(TagPattern("x-"), EQUAL, "{version}")

"""Which patterns of tags are a chart's, where a repository has several."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tasks.toolkit.core.tag_pattern import TagPattern
from tasks.toolkit.incident.release_rule import BY_WORKFLOW, EQUAL, OWN, ReleaseRule
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


def test_a_scheme_that_most_of_the_newest_five_releases_have_counts_first() -> None:
    steps = equal("v", "1.3.0", "1.4.0", "1.5.0", "1.6.0", "1.7.0")
    assert patterns([*steps, *equal("", "1.8.0")]) == ["v{version}", "{version}"]
    assert patterns([*steps, *equal("", "1.8.0", "1.9.0")]) == ["v{version}", "{version}"]
    steps += equal("", "1.8.0", "1.9.0", "1.10.0")
    assert patterns(steps) == ["{version}", "v{version}"]


def test_an_applications_tags_do_not_count_among_the_newest_releases() -> None:
    steps = equal("v", "1.5.0", "1.6.0", "1.7.0") + equal("", "1.8.0")
    steps += tagged(NAME, *[(f"release/7.{number}.0", "1.8.0", "x") for number in range(5)])
    assert patterns(steps) == ["v{version}", "{version}"]


def test_only_the_newest_releases_teach_a_rule() -> None:
    steps = equal("v", *[f"1.{number}.0" for number in range(20)])
    steps += tagged(NAME, *[(f"v2.{number}.0", "0.1.0", "x") for number in range(7)])
    tags, commits = make_history(steps, NAME)
    (rule,) = learn_rules(NAME, ALONE, tags, commits)
    assert rule.version_from == OWN


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
    tags, commits = make_history(steps, NAME)
    main, older = learn_rules(NAME, ALONE, tags, commits)
    assert (main.pattern, main.version_from) == (TagPattern("helm-chart-v"), EQUAL)
    assert (older.pattern, older.version_from) == (TagPattern("v"), EQUAL)


def test_tags_of_one_scheme_on_a_commit_are_all_the_charts() -> None:
    steps = [Step([f"v1.{number}.0" for number in range(4)], {NAME: ("1.0.0", "x")})]
    tags, commits = make_history(steps, NAME)
    (rule,) = learn_rules(NAME, ALONE, tags, commits)
    assert rule.version_from == OWN


def test_of_tags_that_chart_yaml_does_not_confirm_those_with_as_much_in_them_count() -> None:
    constant = tagged(NAME, ("v1.0.0", "0.0.0", "x"), ("v1.1.0", "0.0.0", "x"))
    alike = tagged(NAME, ("release/1.2.0", "0.0.0", "x"))
    assert patterns([*constant, *alike]) == ["v{version}", "release/{version}"]
    of_its_own = tagged(NAME, ("release/1.2.0", "0.1.0", "x"))
    assert patterns([*constant, *of_its_own]) == ["v{version}"]


def test_tags_that_name_any_chart_do_not_count_beside_the_others_where_there_are_several() -> None:
    steps = equal("v", "1.6.0", "1.7.0") + tagged(NAME, ("chart-v1.8.0", "1.7.0", "x"))
    assert patterns(steps) == ["v{version}", "chart-v{version}"]
    assert patterns(steps, charts=frozenset({NAME, "other"})) == ["v{version}"]


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
    applications = tagged(NAME, ("v7.0.0", "1.0.0", "x"))
    once, twice = equal("deploy-v", "1.0.0"), equal("deploy-v", "1.0.0", "1.1.0")
    assert patterns([*once, *applications]) == ["v{version}"]
    assert patterns([*twice, *applications]) == ["deploy-v{version}"]
    rarely = tagged(NAME, *[(f"deploy-v2.{number}.0", "1.1.0", "x") for number in range(3)])
    assert patterns([*twice, *rarely, *applications]) == ["v{version}"]


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

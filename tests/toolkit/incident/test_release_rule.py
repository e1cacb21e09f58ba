"""How tags, versions and appVersions belong together, and that only a break of that is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from tasks.toolkit.clients.github.releases import Release
from tasks.toolkit.clients.helm.chart import Chart
from tasks.toolkit.diagnosis.version_sync import compare_chart, differences
from tasks.toolkit.incident.release_rule import (
    BY_WORKFLOW,
    EQUAL,
    INDEPENDENT,
    OWN,
    ReleaseRule,
)
from tasks.toolkit.incident.rule_learning import learn_rules

from .histories import START, Step, make_history, tagged

NAME = "podinfo"
ALONE = frozenset({NAME})
VERSIONS = ["1.0.0", "1.1.0", "1.1.1", "1.2.0", "1.3.0"]
NEWEST = "1.4.0"
PATTERNS = [
    "{version}",
    "v{version}",
    "chart-{version}",
    "chart/{version}",
    "podinfo-{version}",
    "podinfo-chart-{version}",
    "release/{version}",
    "helm-v{version}",
]
Versions = tuple[str, str]  # of a chart: version and appVersion


@dataclass(frozen=True)
class Convention:
    """What Chart.yaml has at the release of a version, whose number and tag are given.

    `broken` is what it has at one that breaks the convention, and `named` what is wrong then.
    """

    chart: Callable[[str, int, str], Versions]
    version_from: str
    app_version_rule: str
    broken: Versions
    named: Sequence[str] = ()


STALE_VERSION = "version at TAG is 1.3.0"
NOT_THE_TAG = "appVersion at TAG is old, not TAG"
STALE_APP_VERSION = "appVersion at TAG is 1.3.0"
CONVENTIONS = {
    "equal": Convention(
        lambda version, _, __: (version, version),
        EQUAL,
        "{version}",
        ("1.3.0", "1.3.0"),
        [STALE_VERSION, STALE_APP_VERSION],
    ),
    "appVersion with a v": Convention(
        lambda version, _, __: (version, f"v{version}"),
        EQUAL,
        "v{version}",
        ("1.4.0", "v1.3.0"),
        ["appVersion at TAG is v1.3.0, not v1.4.0"],
    ),
    "appVersion that loses its v": Convention(
        lambda version, _, __: (version, f"v{version}"),
        EQUAL,
        "v{version}",
        ("1.4.0", "1.4.0"),
        ["appVersion at TAG is 1.4.0, not v1.4.0"],
    ),
    "version with a v": Convention(
        lambda version, _, __: (f"v{version}", version),
        EQUAL,
        "{version}",
        ("v1.3.0", "1.3.0"),
        [STALE_VERSION, STALE_APP_VERSION],
    ),
    "independent appVersion": Convention(
        lambda version, number, _: (version, f"v0.{number}.7"),
        EQUAL,
        INDEPENDENT,
        ("1.3.0", "v0.9.9"),
        [STALE_VERSION],
    ),
    "appVersion is the tag": Convention(
        lambda version, _, tag: (version, tag),
        EQUAL,
        "{tag}",
        ("1.4.0", "old"),
        [NOT_THE_TAG],
    ),
    "version by the workflow": Convention(
        lambda *_: ("0.0.0", "latest"), BY_WORKFLOW, INDEPENDENT, ("0.0.0", "latest")
    ),
    "version by the workflow, appVersion in Chart.yaml": Convention(
        lambda version, _, __: ("0.0.0", version), BY_WORKFLOW, "{version}", ("0.0.0", "1.3.0")
    ),
    "version by the workflow, with a v": Convention(
        lambda *_: ("v0.0.0", "latest"), BY_WORKFLOW, INDEPENDENT, ("v0.0.0", "latest")
    ),
    "a version of its own": Convention(
        lambda version, number, _: (f"0.{number}.0", version),
        OWN,
        "{version}",
        ("0.9.0", "1.3.0"),
        ["appVersion at TAG is 1.3.0, not 1.4.0"],
    ),
}


def releases_of(pattern: str, convention: Convention, newest: Versions | None = None) -> list[Step]:
    """Return releases that keep a convention, the newest one with other versions if given."""
    released = []
    for number, version in enumerate([*VERSIONS, NEWEST]):
        tag = pattern.replace("{version}", version)
        released.append((tag, *convention.chart(version, number, tag)))
    if newest:
        released[-1] = (released[-1][0], *newest)
    return tagged(NAME, *released)


def learn(steps: Sequence[Step], *, has_setter: bool = False) -> list[ReleaseRule]:
    """Return the rules of the only chart of a repository."""
    tags, commits = make_history(steps, NAME, has_setter=has_setter)
    return learn_rules(NAME, ALONE, tags, commits)


def differing(rule: ReleaseRule, step: Step) -> list[str]:
    """Return in words what differs at a release; its place is called TAG."""
    (tag,) = step.tags
    version, app_version = step.charts[NAME]
    chart = Chart(NAME, version, app_version)
    released = rule.version_of(tag, chart)
    release = Release(tag, START, released, "commit")
    compared = compare_chart(rule, release, chart, "at TAG")
    return differences(compared, released)


MATRIX = [(pattern, name) for pattern in PATTERNS for name in CONVENTIONS]


@pytest.mark.parametrize(("pattern", "name"), MATRIX)
def test_a_newest_release_that_keeps_the_convention_differs_in_nothing(
    pattern: str, name: str
) -> None:
    convention = CONVENTIONS[name]
    steps = releases_of(pattern, convention)
    (rule,) = learn(steps)
    assert str(rule.pattern) == pattern
    assert rule.version_from == convention.version_from
    tag = steps[-1].tags[0]
    assert rule.pattern.version_of(tag) == NEWEST
    expected = convention.app_version_rule
    if expected != INDEPENDENT:
        expected = expected.replace("{tag}", tag).replace("{version}", NEWEST)
        assert rule.app_version_of(tag) == expected
    assert differing(rule, steps[-1]) == []


@pytest.mark.parametrize(("pattern", "name"), MATRIX)
def test_of_a_newest_release_that_breaks_it_exactly_the_break_is_named(
    pattern: str, name: str
) -> None:
    convention = CONVENTIONS[name]
    steps = releases_of(pattern, convention, convention.broken)
    (rule,) = learn(steps)
    assert str(rule.pattern) == pattern
    named = [text.replace("not TAG", f"not {steps[-1].tags[0]}") for text in convention.named]
    if pattern == "{version}" and convention.named == [NOT_THE_TAG]:
        named = ["appVersion at TAG is old"]  # the release's version needs no mention
    assert differing(rule, steps[-1]) == named


def test_the_first_release_is_compared_with_nothing() -> None:
    for version, app_version in (("1.0.0", "1.0.0"), ("0.1.0", "1.0.0"), ("1.0.0", "v7")):
        (step,) = tagged(NAME, ("v1.0.0", version, app_version))
        (rule,) = learn([step])
        assert differing(rule, step) == []


def test_without_a_tag_there_is_no_rule() -> None:
    assert learn([]) == []
    assert learn(tagged(NAME, ("latest", "1.0.0", "1.0.0"))) == []
    assert learn(tagged("other", ("v1.0.0", "1.0.0", "1.0.0"))) == []


def test_the_second_release_is_compared_with_the_first() -> None:
    steps = tagged(NAME, ("v1.0.0", "1.0.0", "1.0.0"), ("v1.1.0", "1.1.0", "1.0.0"))
    (rule,) = learn(steps)
    assert differing(rule, steps[-1]) == ["appVersion at TAG is 1.0.0"]


def test_two_releases_of_tags_that_name_the_chart_do_not_make_a_rule_of_the_appversion() -> None:
    first = ("podinfo-0.1.0", "0.1.0", "0.1.0")
    steps = tagged(NAME, first, ("podinfo-0.1.1", "0.1.1", "0.1.0"))
    (rule,) = learn(steps)
    assert rule.app_version_rule == INDEPENDENT
    assert differing(rule, steps[-1]) == []


def test_a_bad_release_among_those_before_is_outvoted() -> None:
    bad = ("v1.2.0", "1.1.1", "1.1.1")
    good = [(f"v{version}", version, version) for version in ("1.0.0", "1.1.0", "1.1.1")]
    steps = tagged(NAME, *good, bad, ("v1.3.0", "1.3.0", "1.3.0"))
    (rule,) = learn(steps)
    assert differing(rule, steps[-1]) == []
    broken = tagged(NAME, *good, bad, ("v1.3.0", "1.3.0", "1.1.1"))
    (rule,) = learn(broken)
    assert differing(rule, broken[-1]) == ["appVersion at TAG is 1.1.1"]


def test_what_half_of_the_releases_before_keep_is_no_rule() -> None:
    steps = tagged(
        NAME,
        ("v1.0.0", "1.0.0", "1.0.0"),
        ("v1.1.0", "1.0.0", "1.0.0"),
        ("v1.2.0", "1.2.0", "1.2.0"),
    )
    (rule,) = learn(steps)
    assert (rule.version_from, rule.app_version_rule) == (OWN, INDEPENDENT)


def test_pre_releases_teach_only_where_there_is_nothing_else() -> None:
    candidates = [(f"v2.0.0-rc.{number}", "1.0.0", "dev") for number in range(9)]
    released = [("v0.9.0", "0.9.0", "0.9.0"), ("v1.0.0", "1.0.0", "1.0.0")]
    (rule,) = learn(tagged(NAME, *released, *candidates))
    assert (rule.version_from, rule.app_version_rule) == (EQUAL, "{version}")
    (rule,) = learn(tagged(NAME, *candidates))
    assert (str(rule.pattern), rule.version_from) == ("v{version}", OWN)


def test_a_version_that_differs_is_the_charts_own_unless_the_workflow_sets_it() -> None:
    steps = tagged(NAME, *[(f"v1.{number}.0", "0.1.0", "") for number in range(4)])
    (rule,) = learn(steps)
    chart = Chart(NAME, "0.1.0", "")
    assert rule.version_from == OWN
    assert rule.version_of("v1.3.0", chart) == "0.1.0"
    assert rule.version_of("other-1.3.0", chart) == ""
    (rule,) = learn(steps, has_setter=True)
    assert rule.version_from == BY_WORKFLOW
    assert rule.version_of("v1.3.0", chart) == "1.3.0"


def test_a_rule_of_the_appversion_that_is_set_is_of_what_is_published_if_no_tag_keeps_it() -> None:
    kept = tagged(
        NAME, *[(f"v1.{number}.0", f"1.{number}.0", f"v1.{number}.0") for number in "123"]
    )
    constant = tagged(NAME, *[(f"v1.{number}.0", f"1.{number}.0", "dev") for number in "123"])
    for steps, is_at_tag in ((kept, True), (constant, False)):
        tags, commits = make_history(steps, NAME)
        (rule,) = learn_rules(NAME, ALONE, tags, commits, app_version_rule="v{version}")
        assert rule.app_version_of("v1.3.0") == "v1.3.0"
        assert rule.is_app_version_at_tag == is_at_tag
        release = Release("v1.3.0", START, "1.3.0", "commit-2")
        chart = commits.charts["commit-2"][NAME]
        assert differing(rule, steps[-1]) == []
        published = compare_chart(rule, release, chart, "in registry", is_published=True)
        assert len(differences(published, "1.3.0")) == int(not is_at_tag)

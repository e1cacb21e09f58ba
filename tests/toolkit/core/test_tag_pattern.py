"""Tags: what they have before the version, and whose chart they are."""

from __future__ import annotations

import pytest

from tasks.toolkit.core.tag_pattern import (
    TagPattern,
    is_common,
    is_exactly_for,
    names_chart,
    possible_charts,
    split_tag,
)

SPLIT = [
    ("1.7.0", "", "1.7.0"),
    ("v1.7.0", "v", "1.7.0"),
    ("chart-v1.7.0-rc.1", "chart-v", "1.7.0-rc.1"),
    ("charts/podinfo/1.7.0+build.5", "charts/podinfo/", "1.7.0+build.5"),
    ("podinfo@1.7.0", "podinfo@", "1.7.0"),
    ("helm-chart-v.2.2.1", "helm-chart-v.", "2.2.1"),
    ("v2026.11.26", "v", "2026.11.26"),
    ("app2-1.7.0", "app2-", "1.7.0"),
    ("app-1.0-1.7.0", "app-1.0-", "1.7.0"),
]


@pytest.mark.parametrize(("tag", "prefix", "version"), SPLIT)
def test_a_tag_has_a_prefix_and_a_version(tag: str, prefix: str, version: str) -> None:
    assert split_tag(tag) == (prefix, version)
    pattern = TagPattern(prefix)
    assert pattern.version_of(tag) == version
    assert pattern.tag_of(version) == tag


@pytest.mark.parametrize("tag", ["v1.10", "latest", "v1", "1.8-dev", "v01.2.3", "v1.7.0_x", ""])
def test_a_tag_without_a_complete_version_names_none(tag: str) -> None:
    assert split_tag(tag) == ("", "")
    assert TagPattern("v").version_of(tag) == ""


def test_a_tag_longer_than_any_in_a_registry_names_no_version() -> None:
    assert split_tag("x" * 122 + "-1.7.0") == ("x" * 122 + "-", "1.7.0")
    assert split_tag("x" * 123 + "-1.7.0") == ("", "")


def test_a_version_in_the_name_of_a_chart_is_not_the_tags() -> None:
    assert split_tag("app.1.2.3-0.5.0") == ("app.", "1.2.3-0.5.0")
    assert split_tag("app.1.2.3-0.5.0", "app.1.2.3") == ("app.1.2.3-", "0.5.0")
    assert split_tag("v1.7.0-app.1", "app") == ("v", "1.7.0-app.1")


def test_a_pattern_is_written_with_the_version_and_the_chart_in_braces() -> None:
    pattern = TagPattern.parse("{chart}/v{version}-helm", "podinfo")
    assert str(pattern) == "podinfo/v{version}-helm"
    assert pattern.version_of("podinfo/v1.7.0-helm") == "1.7.0"
    for other in ("podinfo/v1.7.0", "v1.7.0-helm", "podinfo/v-helm", "podinfo/vhelm"):
        assert pattern.version_of(other) == ""
    assert pattern.version_of("podinfo/v1.7.0-test") == ""
    assert pattern.version_of("another/v1.7.0-helm") == ""


OWNERS = [
    ("kyverno-policies-chart-3.9.0", {"kyverno", "kyverno-policies"}, {"kyverno-policies"}),
    ("kyverno-chart-3.9.0", {"kyverno", "kyverno-policies"}, {"kyverno"}),
    ("argo-cd-7.0.0", {"argo", "argo-cd", "argocd-apps"}, {"argo-cd"}),
    ("argocd-apps-1.0.0", {"argo", "argo-cd", "argocd-apps"}, {"argocd-apps"}),
    ("v1.7.0", {"argo", "argo-cd"}, set()),
    ("argocd-2.0.0", {"argo", "cd"}, set()),
    ("app-chart-1.0.0", {"app", "app-chart"}, {"app", "app-chart"}),
    ("app-1.0.0", {"app", "app-chart"}, {"app"}),
    ("app.1.2.3-0.5.0", {"app", "app.1.2.3"}, {"app", "app.1.2.3"}),
    ("app-2-1.2.3", {"app", "app-2"}, {"app-2"}),
    ("charts/a/1.0.0", {"a", "b"}, {"a"}),
    ("a-b-1.0.0", {"a", "b"}, {"a", "b"}),
]


@pytest.mark.parametrize(("tag", "charts", "expected"), OWNERS)
def test_a_tag_is_of_the_chart_with_the_longest_name_in_it(
    tag: str, charts: set[str], expected: set[str]
) -> None:
    assert possible_charts(tag, frozenset(charts)) == expected


def test_a_name_is_a_word_of_its_own() -> None:
    assert names_chart("charts/argo-cd/v", "argo-cd")
    assert not names_chart("argo-cds-", "argo-cd")
    assert not names_chart("myargo-cd-", "argo-cd")
    assert not names_chart("appx1-", "app.1")
    assert not names_chart("appx1-myapp.1-", "app.1")


@pytest.mark.parametrize("prefix", ["podinfo-", "podinfo-chart-v", "charts/podinfo/", "podinfo@"])
def test_a_prefix_is_exactly_for_a_chart_if_its_other_words_say_nothing(prefix: str) -> None:
    assert is_exactly_for(prefix, "podinfo")


@pytest.mark.parametrize("prefix", ["v", "podinfo-cli-", "podinfo-v2-", "podinfos-", "operator-"])
def test_a_prefix_with_another_word_may_be_for_something_else(prefix: str) -> None:
    assert not is_exactly_for(prefix, "podinfo")


COMMON = ["", "v", "V", "chart-", "Helm-Chart-v", "release/", "releases/", "charts/v"]


@pytest.mark.parametrize("prefix", COMMON)
def test_common_prefixes_name_nothing(prefix: str) -> None:
    assert is_common(prefix)
    assert not is_common(f"{prefix}operator-")

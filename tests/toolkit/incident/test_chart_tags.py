"""A chart's recipes never name another chart's tag, whatever the charts and tags are called."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest

from tasks.toolkit.clients.git.tag_list import OriginTag
from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.core.tag_pattern import TagPattern
from tasks.toolkit.incident.chart_tags import ChartTags
from tasks.toolkit.incident.release_rule import ReleaseRule
from tasks.toolkit.incident.released_tags import find_releases, find_tag
from tasks.toolkit.incident.rule_learning import learn_rules

from .histories import START, Step, make_history

NAMES = [
    "kyverno",
    "kyverno-policies",
    "kyverno-policies-x",
    "argo",
    "argo-cd",
    "argocd",
    "argocd-apps",
    "cd",
    "app",
    "app-chart",
    "app-chart-2",
    "my.app",
    "my.app.1",
    "app2",
    "app-1.0",
    "app-1.0.0",
    "helm",
    "charts-v2",
    "v2",
]
SCHEMES = [
    "{chart}-{version}",
    "{chart}-v{version}",
    "{chart}/{version}",
    "{chart}-chart-{version}",
    "charts/{chart}/v{version}",
    "{chart}@{version}",
    "helm-{chart}-v{version}",
]
SHARED = ["", "v{version}", "{version}", "chart-{version}", "release/{version}"]
TEST_VERSION = "999.0.0-test"
Versions = dict[str, tuple[str, str]]


def test_the_first_tag_of_a_chart_names_it_where_there_are_several() -> None:
    alone = ChartTags("app", frozenset({"app"}), [])
    assert str(alone.main_rule.pattern) == "v{version}"
    assert alone.prerelease_of("chart-9.0.0-test") == "9.0.0-test"
    one_of_two = ChartTags("app", frozenset({"app", "argo"}), [])
    assert str(one_of_two.main_rule.pattern) == "app-{version}"
    assert one_of_two.prerelease_of("chart-9.0.0-test") == ""
    ambiguous = ChartTags("app", frozenset({"app", "app-1.0.0"}), [])
    with pytest.raises(BadInput, match="set TAG_PATTERN"):
        assert ambiguous.main_rule


def test_a_version_that_names_another_chart_is_not_ours() -> None:
    tag = OriginTag("v1.0.0-argo", "commit", START)
    one_of_two = ChartTags("app", frozenset({"app", "argo"}), [ReleaseRule(TagPattern("v"))])
    assert one_of_two.named([tag]) == []
    assert one_of_two.version_of(tag.name) == ""


def test_a_pattern_that_is_set_decides_between_two_charts() -> None:
    charts = frozenset({"app", "app-chart"})
    rules = [ReleaseRule(TagPattern("app-chart-"))]
    assert ChartTags("app", charts, rules, is_set=True).version_of("app-chart-1.0.0") == "1.0.0"
    assert ChartTags("app", charts, rules).version_of("app-chart-1.0.0") == ""


def random_version(rng: random.Random) -> str:
    version = f"{rng.randrange(3)}.{rng.randrange(3)}.{rng.randrange(4)}"
    return version + rng.choice(["", "", "", "-rc.1", "+build.5"])


def random_versions(rng: random.Random, names: Sequence[str], kind: str) -> Versions:
    """Return the versions of charts: all the same, 0.0.0, or each its own."""
    common = random_version(rng) if kind == "lockstep" else "0.0.0"
    versions = {}
    for name in names:
        version = random_version(rng) if kind == "independent" else common
        versions[name] = version, rng.choice(["1.0.0", "latest"])
    return versions


def random_repository(rng: random.Random) -> tuple[list[str], list[Step], dict[str, str]]:
    """Return the charts of a repository, its releases, and the chart of each tag that is one's.

    Some have several schemes, some no tags at all; the tags of some releases name no chart.
    """
    names = rng.sample(NAMES, rng.randint(2, 8))
    schemes = {name: rng.sample(SCHEMES, rng.randint(0, 2)) for name in names}
    shared = rng.choice(SHARED)
    kind = rng.choice(["lockstep", "workflow", "independent"])
    steps: list[Step] = []
    owners: dict[str, str] = {}
    for _ in range(rng.randint(1, 12)):
        versions = random_versions(rng, names, kind)
        tags = []
        for name in rng.sample(names, rng.randint(1, len(names))):
            version, _ = versions[name]
            if kind == "workflow":
                version = random_version(rng)
            for scheme in schemes[name]:
                tag = scheme.replace("{chart}", name).replace("{version}", version)
                if owners.setdefault(tag, name) == name and tag not in tags:
                    tags.append(tag)
        if shared:
            tags.append(shared.replace("{version}", random_version(rng)))
        new = [tag for tag in tags if all(tag not in step.tags for step in steps)]
        steps.append(Step(new, versions))
    return names, steps, owners


def random_times(rng: random.Random, tags: Sequence[OriginTag]) -> Mapping[str, datetime | None]:
    """Return when some tags were released on GitHub; none of a draft."""
    released = rng.sample(list(tags), rng.randint(0, len(tags)))
    times: dict[str, datetime | None] = {}
    for tag in released:
        times[tag.name] = rng.choice([None, tag.time + timedelta(minutes=9)])
    return times


def tags_that_are_named(
    rng: random.Random, own: ChartTags, tags: Sequence[OriginTag], steps: Sequence[Step]
) -> set[str]:
    """Return every tag that the recipes of a chart name."""
    _, commits = make_history(steps, own.name)
    times = random_times(rng, tags)
    named = {release.tag for release in find_releases(own, tags, times, commits, 10)}
    for step in steps:
        for version, _ in step.charts.values():
            named.add(find_tag(own, tags, version, commits))
    named |= {tag.name for tag, _ in own.named(tags)}
    named |= {tag.name for tag in tags if own.version_of(tag.name) or own.prerelease_of(tag.name)}
    return named


def check_repository(seed: int) -> int:
    """Check that no chart of a random repository names another's tag; return how many are named."""
    rng = random.Random(seed)  # noqa: S311
    names, steps, owners = random_repository(rng)
    charts = frozenset(names)
    count = 0
    for name in names:
        tags, commits = make_history(steps, name, has_setter=rng.random() < 0.3)
        own = ChartTags(name, charts, learn_rules(name, charts, tags, commits))
        for tag in tags_that_are_named(rng, own, tags, steps):
            assert owners.get(tag, name) == name, (seed, name, tag, own.rules)
            count += bool(tag)
        try:
            test_tag = own.main_rule.pattern.tag_of(TEST_VERSION)
        except BadInput:
            continue
        for other in charts - {name}:
            foreign = {scheme.replace("{chart}", other) for scheme in SCHEMES}
            patterns = foreign - {scheme.replace("{chart}", name) for scheme in SCHEMES}
            assert test_tag not in {text.replace("{version}", TEST_VERSION) for text in patterns}
    return count


@pytest.mark.parametrize("seed", range(10))
def test_a_chart_never_names_a_tag_of_another(seed: int, exhaustive: bool) -> None:
    cases = 200 if exhaustive else 10
    named = sum(check_repository(seed * 10_000 + case) for case in range(cases))
    assert named > 10 * cases  # it is not that nothing is named

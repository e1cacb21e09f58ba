"""How a chart's release tags, versions and appVersions belong together, learned from its tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..clients.git.tag_list import OriginTag
from ..clients.helm.chart import Chart
from ..core.tag_pattern import (
    PLACEHOLDER,
    TagPattern,
    is_common,
    is_exactly_for,
    is_of_another_chart,
    names_chart,
    split_tag,
)
from ..core.versions import is_prerelease, same_precedence

EQUAL = "equal"  # Chart.yaml at the tag has the tag's version
BY_WORKFLOW = "workflow"  # the workflow replaces what Chart.yaml has, such as 0.0.0
OWN = "own"  # Chart.yaml at the tag has a version of its own
INDEPENDENT = "independent"  # the rule of an appVersion that has nothing to do with the tag
TAG = "{tag}"
APP_VERSION_RULES = (PLACEHOLDER, f"v{PLACEHOLDER}", TAG)
SAMPLES = 6
WITH_V = TagPattern("v")
Read = Callable[[list[str]], Mapping[str, Chart]]  # the charts at commits that have one


@dataclass(frozen=True)
class ReleaseRule:
    """The pattern of a chart's tags, where its version is from, and the rule of its appVersion.

    `version_from` is EQUAL, BY_WORKFLOW or OWN; the rule is a text with `{version}` or `{tag}`, or
    INDEPENDENT.
    """

    pattern: TagPattern = WITH_V
    version_from: str = EQUAL
    app_version_rule: str = PLACEHOLDER

    def version_of(self, tag: str, chart: Chart | None) -> str:
        """Return the version that a tag releases, whose Chart.yaml is `chart`; or nothing."""
        version = self.pattern.version_of(tag)
        if self.version_from == OWN and version and chart:
            return chart.version
        return version

    def app_version_of(self, tag: str) -> str:
        """Return the appVersion that a tag releases; nothing if that is independent of it."""
        if self.app_version_rule == INDEPENDENT:
            return ""
        text = self.app_version_rule.replace(TAG, tag)
        return text.replace(PLACEHOLDER, self.pattern.version_of(tag))


@dataclass(frozen=True)
class Sample:
    """A release: its tag, the version that this names, and the chart at it."""

    tag: str
    version: str
    chart: Chart

    @property
    def is_equal(self) -> bool:
        """Whether Chart.yaml has the tag's version."""
        return same_precedence(self.chart.version.removeprefix("v"), self.version)


def learn_rule(
    chart: str,
    others: Sequence[str],
    tags: Sequence[OriginTag],
    read: Read,
    pattern: TagPattern | None = None,
) -> ReleaseRule:
    """Return the rule that most releases of a chart keep; `tags` are all, newest first.

    `others` are the other charts of the repository, whose tags are not read. The newest release
    is not asked, since it may be what is wrong. A `pattern` that is set is not learned.
    """
    if pattern:
        found = {pattern: [(tag, pattern.version_of(tag.name)) for tag in tags]}
    else:
        found = _tags_by_pattern(chart, others, tags)
    newest = {one: _newest_releases(listed) for one, listed in found.items()}
    commits = [tag.commit for listed in newest.values() for tag, _ in listed]
    charts = read(commits)
    samples = {}
    for one, listed in newest.items():
        samples[one] = [
            Sample(tag.name, version, charts[tag.commit])
            for tag, version in listed
            if tag.commit in charts
        ]
    if not any(samples.values()):
        return ReleaseRule(pattern or WITH_V)
    best = pattern or _best_pattern(chart, samples, list(newest))
    rule = _learn_versions(samples[best][1:] or samples[best])
    return replace(rule, pattern=best)


def _tags_by_pattern(
    chart: str, others: Sequence[str], tags: Sequence[OriginTag]
) -> dict[TagPattern, list[tuple[OriginTag, str]]]:
    """Return the tags that may be the chart's, newest first, with their versions, by pattern."""
    found: dict[TagPattern, list[tuple[OriginTag, str]]] = {}
    for tag in tags:
        prefix, version = split_tag(tag.name)
        if version and not is_of_another_chart(prefix, chart, list(others)):
            found.setdefault(TagPattern(prefix), []).append((tag, version))
    return found


def _newest_releases(listed: Iterable[tuple[OriginTag, str]]) -> list[tuple[OriginTag, str]]:
    releases = [(tag, version) for tag, version in listed if version]
    final = [(tag, version) for tag, version in releases if not is_prerelease(version)]
    return (final or releases)[: SAMPLES + 1]


def _best_pattern(
    chart: str,
    samples: Mapping[TagPattern, list[Sample]],
    newest_first: list[TagPattern],
) -> TagPattern:
    """Return the pattern of the chart's tags: what Chart.yaml says counts before the name."""

    def rank(pattern: TagPattern) -> tuple[bool, bool, bool, bool, int]:
        prefix = pattern.prefix
        equal = [sample.is_equal for sample in samples[pattern]]
        is_confirmed = sum(equal) * 2 > len(equal) or sum(equal[1:]) > 0
        return (
            is_confirmed,
            is_exactly_for(prefix, chart),
            names_chart(prefix, chart),
            is_common(prefix),
            -newest_first.index(pattern),
        )

    with_chart = [pattern for pattern in newest_first if samples[pattern]]
    return max(with_chart, key=rank)


def _learn_versions(samples: Sequence[Sample]) -> ReleaseRule:
    """Return the rule of the versions, whatever the pattern is."""
    version_from = EQUAL
    equal = sum(sample.is_equal for sample in samples)
    if equal * 2 < len(samples):
        versions = {sample.chart.version for sample in samples}
        is_constant = len(versions) == 1
        if is_constant and (len(samples) > 1 or _is_placeholder(samples[0].chart.version)):
            version_from = BY_WORKFLOW
        elif len(samples) > 1:
            version_from = OWN
    return ReleaseRule(version_from=version_from, app_version_rule=_app_version_rule(samples))


def _is_placeholder(version: str) -> bool:
    return same_precedence(version.removeprefix("v"), "0.0.0")


def _app_version_rule(samples: Sequence[Sample]) -> str:
    for rule in APP_VERSION_RULES:
        kept = [_keeps(sample, rule) for sample in samples]
        if sum(kept) * 2 > len(kept):
            return rule
    return INDEPENDENT


def _keeps(sample: Sample, rule: str) -> bool:
    expected = rule.replace(TAG, sample.tag).replace(PLACEHOLDER, sample.version)
    return sample.chart.app_version == expected

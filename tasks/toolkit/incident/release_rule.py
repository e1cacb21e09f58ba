"""The rule by which a release's tag gives the chart's version and its appVersion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..clients.git.tag_list import OriginTag
from ..clients.helm.chart import Chart
from ..core.tag_pattern import PLACEHOLDER, TagPattern
from ..core.versions import same_precedence

EQUAL = "equal"  # Chart.yaml at the tag has the tag's version
BY_WORKFLOW = "workflow"  # the workflow replaces what Chart.yaml has, such as 0.0.0
OWN = "own"  # Chart.yaml at the tag has a version of its own
INDEPENDENT = "independent"  # the rule of an appVersion that has nothing to do with the tag
TAG = "{tag}"
APP_VERSION_RULES = (PLACEHOLDER, f"v{PLACEHOLDER}", TAG)
NO_VERSION = "0.0.0"  # what Chart.yaml often has where the workflow sets the version


@dataclass(frozen=True)
class Sample:
    """A release: its tag, the version that this names, and the chart at it."""

    tag: OriginTag
    version: str
    chart: Chart

    @property
    def is_equal(self) -> bool:
        """Whether Chart.yaml has the tag's version."""
        return has_version(self.chart, self.version)

    @property
    def has_placeholder(self) -> bool:
        """Whether Chart.yaml has no real version, such as 0.0.0-dev."""
        return self.chart.version.removeprefix("v").startswith(NO_VERSION)


@dataclass(frozen=True)
class ReleaseRule:
    """The pattern of a chart's tags, where its version is from, and the rule of its appVersion.

    `version_from` is EQUAL, BY_WORKFLOW or OWN; the rule is a text with `{version}` or `{tag}`, or
    INDEPENDENT. Only what is published keeps it if Chart.yaml at the tags does not.
    """

    pattern: TagPattern
    version_from: str = EQUAL
    app_version_rule: str = PLACEHOLDER
    is_app_version_at_tag: bool = True

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

    def next_app_version(self, chart: Chart, version: str) -> str:
        """Return the appVersion that a release writes beside a version; nothing if it writes none.

        Chart.yaml, which is `chart`, must keep to that rule now.
        """
        before = self.pattern.tag_of(chart.version)
        is_kept = self.app_version_of(before) == chart.app_version
        if not self.is_app_version_at_tag or not is_kept:
            return ""
        return self.app_version_of(self.pattern.tag_of(version))


def has_version(chart: Chart, version: str) -> bool:
    """Return whether a chart has a version, with or without a v."""
    return same_precedence(chart.version.removeprefix("v"), version)


def version_from_samples(samples: Sequence[Sample], *, sets_version: bool) -> str:
    """Return where most versions are from; `sets_version` tells that the workflow gives one."""
    if are_most(sample.is_equal for sample in samples):
        return EQUAL
    is_set = sets_version or all(sample.has_placeholder for sample in samples)
    return BY_WORKFLOW if is_set else OWN


def app_version_rule_of(samples: Sequence[Sample]) -> str:
    """Return the rule that the appVersion of most samples keeps, or INDEPENDENT."""
    for rule in APP_VERSION_RULES:
        if keep_app_version_rule(samples, rule):
            return rule
    return INDEPENDENT


def keep_app_version_rule(samples: Sequence[Sample], rule: str) -> bool:
    """Return whether most samples keep a rule."""
    return are_most(_keeps(sample, rule) for sample in samples)


def _keeps(sample: Sample, rule: str) -> bool:
    expected = rule.replace(TAG, sample.tag.name).replace(PLACEHOLDER, sample.version)
    return sample.chart.app_version == expected


def are_most(answers: Iterable[bool]) -> bool:
    """Return whether more than half of some answers are yes."""
    listed = list(answers)
    return sum(listed) * 2 > len(listed)

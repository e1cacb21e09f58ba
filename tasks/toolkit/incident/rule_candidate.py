"""A candidate: releases whose tags have one pattern, and the evidence that they are a chart's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from ..clients.helm.chart import Chart
from ..core.tag_pattern import CHART_WORDS, TagPattern, is_common, is_exactly_for, words_of
from .release_rule import (
    INDEPENDENT,
    ReleaseRule,
    Sample,
    app_version_rule_of,
    are_most,
    keep_app_version_rule,
    version_from_samples,
)


class History(Protocol):
    """What the commits of a repository hold."""

    def charts_at(self, commits: Sequence[str]) -> Mapping[str, Chart]:
        """Return the chart at each of the commits that has it."""

    def names_at(self, commit: str) -> Collection[str]:
        """Return the names of all charts at a commit."""

    def sets_version(self, commit: str) -> bool:
        """Return whether a workflow gives a chart its version."""


@dataclass(frozen=True)
class Candidate:
    """Releases with one pattern that may be the chart's, newest first.

    `is_alone` tells that the repository has no other chart.
    """

    pattern: TagPattern
    chart: str
    is_alone: bool
    samples: Sequence[Sample]

    @property
    def prior(self) -> Sequence[Sample]:
        """The samples but the newest, which may be what is wrong, unless there is no other."""
        return self.samples[1:] or self.samples

    @cached_property
    def is_confirmed(self) -> bool:
        """Whether Chart.yaml mostly has the version of the tag."""
        return are_most(sample.is_equal for sample in self.prior)

    @cached_property
    def is_proved(self) -> bool:
        """Whether it has that at more than one release, which is no coincidence."""
        equal = {sample.version for sample in self.samples if sample.is_equal}
        return self.is_confirmed and len(equal) > 1

    @cached_property
    def has_name(self) -> bool:
        """Whether a tag has the chart's name, and beside it only words that say no more."""
        return is_exactly_for(self.pattern.prefix, self.chart)

    @cached_property
    def has_chart_word(self) -> bool:
        """Whether a tag says that it is of a chart, as `chart-v1.7.0` does."""
        return bool(words_of(self.pattern.prefix) & CHART_WORDS)

    @cached_property
    def is_familiar(self) -> bool:
        """Whether a tag has no word that may be the name of something else."""
        return self.has_name or is_common(self.pattern.prefix)

    @property
    def clarity(self) -> tuple[bool, bool]:
        """The words of the tag as evidence that it is this chart's."""
        if self.is_alone:
            return self.has_chart_word, self.has_name
        return self.has_name, self.has_chart_word

    def rule(self, history: History, app_version_rule: str = "") -> ReleaseRule:
        """Return the rule of these releases; that of the appVersion may be set.

        A tag that names the chart says little about the application: that takes two releases.
        """
        samples = self.prior
        sets_version = not self.is_confirmed and history.sets_version(self.samples[0].tag.commit)
        version_from = version_from_samples(samples, sets_version=sets_version)
        if app_version_rule:
            is_kept = keep_app_version_rule(samples, app_version_rule)
            return ReleaseRule(self.pattern, version_from, app_version_rule, is_kept)
        learned = app_version_rule_of(samples)
        if len(self.samples) == 2 and any(self.clarity):
            learned = INDEPENDENT
        return ReleaseRule(self.pattern, version_from, learned)

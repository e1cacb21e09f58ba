"""Find a chart's tags among those of its repository, and the versions that they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..clients.git.tag_list import OriginTag
from ..core.errors import BadInput
from ..core.tag_pattern import (
    CHART_WORDS,
    TagPattern,
    is_common,
    is_exactly_for,
    possible_charts,
    split_tag,
    words_of,
)
from ..core.versions import is_prerelease
from .release_rule import ReleaseRule
from .rule_learning import Named


@dataclass(frozen=True)
class ChartTags:
    """The tags of the chart `name`, one of the repository's `charts`, by its rules.

    The first rule counts most. With `is_set`, a setting gives the pattern.
    """

    name: str
    charts: frozenset[str]
    rules: Sequence[ReleaseRule]
    is_set: bool = False

    @property
    def main_rule(self) -> ReleaseRule:
        """The rule of most releases, or of the first one if there is none. Raises BadInput."""
        if self.rules:
            return self.rules[0]
        pattern = TagPattern("v")
        if len(self.charts) > 1:
            pattern = TagPattern(f"{self.name}-")
        first = pattern.tag_of("1.0.0")
        if not self.may_be_own(first):
            raise unknown_tags(self.name, first)
        return ReleaseRule(pattern)

    def rule_of(self, tag: str) -> ReleaseRule:
        """Return the rule that a tag of the chart keeps."""
        for rule in self.rules:
            if rule.pattern.version_of(tag):
                return rule
        return self.main_rule

    def version_of(self, tag: str) -> str:
        """Return the version that a tag names; nothing if it is not one of this chart."""
        return self.rule_of(tag).pattern.version_of(tag) if self.may_be_own(tag) else ""

    def prerelease_of(self, tag: str) -> str:
        """Return the pre-release that a tag names, also if the chart has no such tags yet."""
        version = self.version_of(tag)
        if not version and self.may_be_own(tag):
            prefix, version = split_tag(tag, self.name)
            is_chart = len(self.charts) == 1 and bool(words_of(prefix) & CHART_WORDS)
            if not is_exactly_for(prefix, self.name) and not (is_chart and is_common(prefix)):
                return ""
        return version if is_prerelease(version) else ""

    def may_be_own(self, tag: str) -> bool:
        """Return whether a tag has no other chart's name.

        A pattern that is set decides whether `app-chart-1.0.0` is of `app-chart` or of `app`.
        """
        possible = possible_charts(tag, self.charts)
        return possible <= {self.name} or (self.is_set and self.name in possible)

    def named(self, tags: Sequence[OriginTag]) -> list[Named]:
        """Return the chart's tags with the versions that they name: rule by rule, newest first."""
        found = []
        for rule in self.rules:
            for tag in tags:
                version = rule.pattern.version_of(tag.name)
                if version and self.may_be_own(tag.name):
                    found.append((tag, version))
        return found


def unknown_tags(chart: str, tag: str) -> BadInput:
    """Return the error for a chart without a recognized release tag, though `tag` may be one."""
    what = f"no tag is recognized as a release of the chart {chart}, not even {tag}"
    return BadInput(what, "set TAG_PATTERN to how they name its version, such as v{version}")

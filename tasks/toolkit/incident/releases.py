"""The releases of one chart: those on GitHub, and tags that no release was made of."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime

from ..clients.git.repository import Repository
from ..clients.git.tag_list import OriginTag
from ..clients.github.client import GitHub
from ..clients.github.releases import Release
from ..clients.helm.chart import Chart
from ..core.errors import BadInput
from ..core.settings import Settings
from ..core.tag_pattern import TagPattern, possible_charts
from ..core.versions import newest_release
from .chart_history import ChartHistory
from .release_rule import OWN, ReleaseRule, has_version
from .released_tags import released_tags
from .rule_learning import Named, learn_rules

HAS_VERSION = re.compile(r"\d+\.\d+")
FEW = 3  # tags that are looked at where none is known


class ChartReleases:
    """The releases of the chart of `history`, which is one of the repository's `charts`."""

    def __init__(
        self,
        git: Repository,
        github: GitHub,
        settings: Settings,
        history: ChartHistory,
        charts: frozenset[str],
    ) -> None:
        self.name = history.name
        self.others = charts - {history.name}
        self._charts = charts | {history.name}
        self._git = git
        self._github = github
        self._settings = settings
        self._history = history
        self._rules: list[ReleaseRule] | None = None
        self._lock = threading.RLock()

    @property
    def rules(self) -> list[ReleaseRule]:
        """How tags and versions belong together: as set, or as most releases have it.

        The first counts most. There is none if no tag is known to be the chart's.
        """
        with self._lock:
            if self._rules is None:
                self._rules = self._learn()
            return self._rules

    def _learn(self) -> list[ReleaseRule]:
        pattern = None
        if self._settings.tag_pattern:
            pattern = TagPattern.parse(self._settings.tag_pattern, self.name)
        return learn_rules(
            self.name,
            self._charts,
            self._tags(),
            self._history,
            pattern,
            self._settings.app_version_rule,
        )

    @property
    def rule(self) -> ReleaseRule:
        """The rule of most releases, or of the first one if there is none. Raises BadInput."""
        if self.rules:
            return self.rules[0]
        pattern = TagPattern(f"{self.name}-" if self.others else "v")
        if possible_charts(pattern.tag_of("1.0.0"), self._charts) <= {self.name}:
            return ReleaseRule(pattern)
        raise _unknown_tags(self.name, pattern.tag_of("1.0.0"))

    def rule_of(self, tag: str) -> ReleaseRule:
        """Return the rule that a tag of the chart keeps."""
        for rule in self.rules:
            if rule.pattern.version_of(tag):
                return rule
        return self.rule

    def newest(self, limit: int = 10) -> list[Release]:
        """Return the newest releases, newest first, without drafts and pre-releases.

        A tag without a release counts if it is higher than every release. Raises BadInput if there
        are tags at the chart, and none is known to be its release.
        """
        named = self._named_tags()
        if not named:
            self._ensure_unreleased()
            return []
        times = self._github.releases.listed(self._settings.poll_interval)
        found = released_tags(named, times)
        return self._as_releases(found[: 2 * limit], named)[:limit]

    def find_tag(self, version: str) -> str:
        """Return the tag at origin that releases a version, or nothing."""
        named = self._named_tags()
        for rule in self.rules:
            tags = [tag for tag, _ in named if rule.pattern.version_of(tag.name)]
            charts: Mapping[str, Chart] = {}
            if rule.version_from == OWN:
                charts = self._history.charts_at([tag.commit for tag in tags])
            for tag in tags:
                if rule.version_of(tag.name, charts.get(tag.commit)) == version:
                    return tag.name
        return ""

    def highest_tag(self) -> str:
        """Return the tag at origin of the highest version that users get, or nothing."""
        versions = {version: tag.name for tag, version in self._named_tags()}
        return versions.get(newest_release(list(versions)), "")

    def version_of(self, tag: str) -> str:
        """Return the version that a tag names; nothing if it is not one of this chart."""
        possible = possible_charts(tag, self._charts)
        is_own = possible <= {self.name}
        if self._settings.tag_pattern:  # which may tell that a tag is not of `app-chart` but `app`
            is_own = is_own or self.name in possible
        return self.rule_of(tag).pattern.version_of(tag) if is_own else ""

    def _tags(self) -> Sequence[OriginTag]:
        return self._git.tags.listed(self._settings.poll_interval)

    def _named_tags(self) -> list[Named]:
        """Return the chart's tags with the versions that they name: rule by rule, newest first."""
        rules = self.rules
        if not rules:
            return []
        named = [(tag, self.version_of(tag.name)) for tag in self._tags()]
        own = [(tag, version) for tag, version in named if version]
        return sorted(own, key=lambda pair: rules.index(self.rule_of(pair[0].name)))

    def _ensure_unreleased(self) -> None:
        """Raise BadInput if the chart is at a tag that may be its release."""
        tags = []
        for tag in self._tags():
            possible = possible_charts(tag.name, self._charts)
            if HAS_VERSION.search(tag.name) and (self.name in possible or not possible):
                tags.append(tag)
        newest = tags[:FEW]
        charts = self._history.charts_at([tag.commit for tag in newest])
        for tag in newest:
            if tag.commit in charts:
                raise _unknown_tags(self.name, tag.name)

    def _as_releases(
        self, found: Sequence[tuple[OriginTag, datetime]], named: Sequence[Named]
    ) -> list[Release]:
        """Return releases; the oldest are left out if there was no chart yet.

        So is an application's: another tag of its commit names the chart's version.
        """
        charts = self._history.charts_at([tag.commit for tag, _ in found])
        claimants = self._claimants(named, charts)
        releases = []
        for tag, published_at in found:
            rule = self.rule_of(tag.name)
            if rule not in claimants.get(tag.commit, [rule]):
                continue
            version = rule.version_of(tag.name, charts.get(tag.commit))
            releases.append(Release(tag.name, published_at, version, tag.commit))
        while releases and releases[-1].commit not in charts:
            releases.pop()
        return releases

    def _claimants(
        self, named: Sequence[Named], charts: Mapping[str, Chart]
    ) -> dict[str, list[ReleaseRule]]:
        """Return the rules of the tags that name the version of the chart, by commit."""
        claimants: dict[str, list[ReleaseRule]] = {}
        for tag, version in named:
            if tag.commit in charts and has_version(charts[tag.commit], version):
                claimants.setdefault(tag.commit, []).append(self.rule_of(tag.name))
        return claimants


def _unknown_tags(chart: str, tag: str) -> BadInput:
    what = f"no tag is known to be a release of the chart {chart}, not even {tag}"
    return BadInput(what, "set TAG_PATTERN to how they name its version, such as v{version}")

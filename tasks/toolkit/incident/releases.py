"""The releases of one chart: those on GitHub, and tags without a release."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from functools import partial

from ..clients.git.repository import Repository
from ..clients.git.tag_list import OriginTag
from ..clients.github.client import GitHub
from ..clients.github.releases import Release
from ..core.errors import BadInput
from ..core.once import Once
from ..core.settings import Settings
from ..core.tag_pattern import TagPattern, possible_charts, split_tag
from ..core.versions import is_prerelease, newest_release
from .chart_history import ChartHistory
from .chart_tags import ChartTags, unknown_tags
from .release_rule import ReleaseRule
from .released_tags import find_releases, find_tag
from .rule_learning import learn_rules

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
        once: Once | None = None,
    ) -> None:
        self.name = history.name
        self.charts = charts | {history.name}
        self._git = git
        self._github = github
        self._settings = settings
        self._history = history
        self._once = once
        self._own = ChartTags(self.name, self.charts, [])
        self._learned_from: Sequence[OriginTag] | None = None
        self._lock = threading.Lock()

    @property
    def is_alone(self) -> bool:
        """Whether the repository has no other chart."""
        return len(self.charts) == 1

    @property
    def own_tags(self) -> ChartTags:
        """Which of the tags at origin are the chart's."""
        return self._tags()[0]

    @property
    def rule(self) -> ReleaseRule:
        """How tags and versions belong together for most releases. Raises BadInput."""
        return self.own_tags.main_rule

    def rule_of(self, tag: str) -> ReleaseRule:
        """Return how a tag of the chart belongs together with versions."""
        return self.own_tags.rule_of(tag)

    def version_of(self, tag: str) -> str:
        """Return the version that a tag names; nothing if it is not one of this chart."""
        return self.own_tags.version_of(tag)

    def prerelease_of(self, tag: str) -> str:
        """Return the pre-release that a tag names, also if the chart has no such tags yet."""
        return self.own_tags.prerelease_of(tag)

    def newest(self, limit: int = 10) -> list[Release]:
        """Return the newest releases, newest first, without drafts and pre-releases.

        A tag without a release counts if it is higher than every release. Raises BadInput if the
        chart is at tags of which none is known to be its release.
        """
        own, tags = self._tags()
        if not own.named(tags):
            self._ensure_unreleased(tags)
            return []
        list_all = partial(self._github.releases.listed, self._settings.poll_interval)
        times = self._once.ask("releases", list_all, changes=True) if self._once else list_all()
        return find_releases(own, tags, times, self._history, limit)

    def among(self, tags: Sequence[OriginTag], limit: int = 10) -> tuple[ChartTags, list[Release]]:
        """Return which of some tags are the chart's, and its newest releases by these alone.

        GitHub is not asked which of them have a release.
        """
        own = self._learn(tags)
        return own, find_releases(own, tags, {}, self._history, limit)

    def find_tag(self, version: str) -> str:
        """Return the tag at origin that releases a version, or nothing."""
        own, tags = self._tags()
        return find_tag(own, tags, version, self._history)

    def highest_tag(self) -> str:
        """Return the tag at origin of the highest version that users get, or nothing."""
        own, tags = self._tags()
        versions = {}
        for tag, version in own.named(tags):
            versions[version] = tag.name
        return versions.get(newest_release(list(versions)), "")

    def _tags(self) -> tuple[ChartTags, Sequence[OriginTag]]:
        """Return which tags are the chart's, and all tags, as they are at origin."""
        with self._lock:
            list_all = partial(self._git.tags.listed, self._settings.poll_interval)
            tags = self._once.ask("tags", list_all, changes=True) if self._once else list_all()
            if self._learned_from is None or tags != self._learned_from:
                self._own = self._learn(tags)
                self._learned_from = tags
            return self._own, tags

    def _learn(self, tags: Sequence[OriginTag]) -> ChartTags:
        pattern = None
        if self._settings.tag_pattern:
            pattern = TagPattern.parse(self._settings.tag_pattern, self.name)
        rules = learn_rules(
            self.name,
            self.charts,
            tags,
            self._history,
            pattern,
            self._settings.app_version_rule,
        )
        return ChartTags(self.name, self.charts, rules, is_set=pattern is not None)

    def _unknown(self, tag: str) -> BadInput:
        if self._settings.tag_pattern:
            what = f"no tag matches TAG_PATTERN, not even {tag}"
            return BadInput(what, "correct it, or unset it, to learn it from the tags")
        return unknown_tags(self.name, tag)

    def _ensure_unreleased(self, tags: Sequence[OriginTag]) -> None:
        """Raise BadInput if the chart is at a tag that may be its release."""
        suspected = []
        for tag in tags:
            _, version = split_tag(tag.name, self.name)
            possible = possible_charts(tag.name, self.charts)
            is_ours = not possible or self.name in possible
            if is_ours and HAS_VERSION.search(tag.name) and not is_prerelease(version):
                suspected.append(tag)
        newest = suspected[:FEW]
        charts = self._history.charts_at([tag.commit for tag in newest])
        for tag in newest:
            there = possible_charts(tag.name, frozenset(self._history.names_at(tag.commit)))
            if tag.commit in charts and (not there or self.name in there):
                raise self._unknown(tag.name)

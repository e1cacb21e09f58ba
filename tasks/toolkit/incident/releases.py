"""The releases of one chart: those on GitHub, and tags that no release was made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from ..clients.git.repository import Repository
from ..clients.git.tag_list import OriginTag
from ..clients.github.client import GitHub
from ..clients.github.releases import Release
from ..clients.helm.chart import Chart
from ..core.errors import BadInput
from ..core.settings import Settings
from ..core.tag_pattern import TagPattern
from ..core.versions import is_higher, is_prerelease, newest_release
from .release_rule import ReleaseRule, learn_rule


@dataclass(frozen=True)
class ChartReleases:
    """The releases of the chart `name` in `folder`; `others` are the repository's other charts."""

    git: Repository
    github: GitHub
    settings: Settings
    name: str
    folder: str
    others: Sequence[str]

    @cached_property
    def rule(self) -> ReleaseRule:
        """How tags and versions belong together: as set, or as most releases have it."""
        pattern = None
        if self.settings.tag_pattern:
            pattern = TagPattern.parse(self.settings.tag_pattern, self.name)
        tags = self.git.tags.listed()
        rule = learn_rule(self.name, self.others, tags, self._charts_at, pattern)
        if self.settings.app_version_rule:
            rule = replace(rule, app_version_rule=self.settings.app_version_rule)
        return rule

    def newest(self, limit: int = 10) -> list[Release]:
        """Return the newest releases, newest first, without drafts and pre-releases.

        A tag without a release counts if it is higher than every release.
        """
        times = self.github.releases.listed()
        tags = self._own_tags()
        found = []
        for name, published_at in times.items():
            if published_at and name in tags:
                found.append((tags[name], published_at))
        highest = ""
        for tag, _ in found:
            version = self._named(tag)
            if not highest or is_higher(version, highest):
                highest = version
        for name, tag in tags.items():
            version = self._named(tag)
            is_newer = not highest or is_higher(version, highest)
            if name not in times and is_newer and not is_prerelease(version):
                found.append((tag, tag.time))
        found.sort(key=lambda pair: pair[1], reverse=True)
        return self._as_releases(found[:limit])

    def find_tag(self, version: str) -> str:
        """Return the tag at origin that releases a version, or nothing."""
        for tag in self._own_tags().values():
            if self._named(tag) == version:
                return tag.name
        return ""

    def highest_tag(self) -> str:
        """Return the tag at origin of the highest version that users get, or nothing."""
        versions = {self._named(tag): tag.name for tag in self._own_tags().values()}
        return versions.get(newest_release(list(versions)), "")

    def version_of(self, tag: str) -> str:
        """Return the version that a tag names; nothing if it is not one of this chart."""
        return self.rule.pattern.version_of(tag)

    def _named(self, tag: OriginTag) -> str:
        return self.rule.pattern.version_of(tag.name)

    def _own_tags(self) -> dict[str, OriginTag]:
        """Return the chart's tags by name, newest first."""
        tags = self.git.tags.listed()
        return {tag.name: tag for tag in tags if self._named(tag)}

    def _as_releases(self, found: Sequence[tuple[OriginTag, datetime]]) -> list[Release]:
        charts = self._charts_at([tag.commit for tag, _ in found])
        releases = []
        for tag, published_at in found:
            version = self.rule.version_of(tag.name, charts.get(tag.commit))
            releases.append(Release(tag.name, published_at, version, tag.commit))
        return releases

    def _charts_at(self, commits: Sequence[str]) -> Mapping[str, Chart]:
        """Return the charts at commits; what is missing or malformed there is left out."""
        path = f"{self.folder}/Chart.yaml"
        charts = {}
        for commit, text in self.git.files.of_commits(commits, path).items():
            with suppress(BadInput):
                charts[commit] = Chart.parse(text, path)
        return charts

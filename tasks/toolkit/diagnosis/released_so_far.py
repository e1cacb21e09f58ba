"""What has been released of a chart by its tags alone, and how the next tag would be named.

Neither GitHub nor a registry is asked, and without origin the tags of the clone count.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..clients.git.tag_list import OriginTag
from ..clients.github.ref_filters import literal_start, matches_any
from ..core.errors import RecipeError
from ..core.tag_pattern import PLACEHOLDER, TagPattern
from ..core.versions import newest_release, same_precedence
from ..incident.project import Project
from ..incident.release_rule import BY_WORKFLOW, OWN, ReleaseRule
from ..recovery.automation import CHART_RELEASER
from ..recovery.release_please_package import Package


def known_tags(project: Project) -> Sequence[OriginTag]:
    """Return the tags at origin, or those of the clone if origin does not answer."""
    try:
        return project.git.tags.listed(project.settings.poll_interval)
    except RecipeError:
        return project.git.tags.in_clone()


class ReleasedSoFar:
    """The releases of a chart; `rule` is the one that they keep, None if there are none."""

    def __init__(self, project: Project) -> None:
        self._settings = project.settings
        tags = known_tags(project)
        self._own, self.releases = project.releases.among(tags)
        self._named = []
        self.rule: ReleaseRule | None = None
        for _, version in self._own.named(tags):
            self._named.append(version)
            self.rule = self._own.main_rule

    @property
    def highest_named(self) -> str:
        """The highest release that a tag names, or nothing."""
        return newest_release(self._named)

    @property
    def highest(self) -> str:
        """The highest version of the chart that is released, or nothing."""
        if not self.has_own_versions:
            return self.highest_named
        versions = []
        for release in self.releases:
            versions.append(release.version)
        return newest_release(versions)

    @property
    def has_own_versions(self) -> bool:
        """Whether the chart's versions are others than those of the tags."""
        return self.rule is not None and self.rule.version_from == OWN

    @property
    def has_workflow_versions(self) -> bool:
        """Whether a workflow gives the chart its version."""
        return self.rule is not None and self.rule.version_from == BY_WORKFLOW

    def has_tag_of(self, version: str) -> bool:
        """Return whether a tag names the version."""
        return any(same_precedence(version, named) for named in self._named)

    def tag_pattern(
        self,
        package: Package | None,
        automation: str,
        filters: Sequence[str],
    ) -> TagPattern:
        """Return how the next tag names its version.

        Without releases that is as `package` or the `automation` names it, or else as the workflows
        take it, whose `filters` of tags are given.
        """
        if self.rule:
            return self.rule.pattern
        if self._settings.tag_pattern:
            return self._own.main_rule.pattern
        if package:
            return TagPattern.parse(package.tag_of(PLACEHOLDER), self._own.name)
        if automation == CHART_RELEASER:
            return TagPattern(f"{self._own.name}-")
        return self._pattern_of_filters(filters)

    def _pattern_of_filters(self, filters: Sequence[str]) -> TagPattern:
        name = self._own.name
        prefixes = ["v", "", f"{name}-", f"{name}-v"]
        if len(self._own.charts) > 1:
            prefixes = [f"{name}-", f"{name}-v", "v", ""]
        prefixes += map(literal_start, filters)
        for prefix in prefixes:
            pattern = TagPattern(prefix)
            first = pattern.tag_of("1.0.0")
            if matches_any(filters, first):
                return pattern
        return TagPattern(prefixes[0])

    def app_version_of(self, tag: str, pattern: TagPattern) -> str:
        """Return the appVersion that users should get with a tag, or nothing if no rule tells."""
        rule = self.rule
        text = self._settings.app_version_rule
        if rule is None and text:
            rule = ReleaseRule(pattern, app_version_rule=text)
        if rule is None:
            return ""
        return rule.app_version_of(tag)

"""Recognize changes that only prepare a release: they set its version."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress

from ..clients.git.landings import Landing
from ..clients.github.releases import Release
from ..clients.helm.chart import Chart
from ..core.errors import BadInput
from ..incident.project import Project

VERSION_LINES = re.compile(r"(?m)^(version|appVersion):.*$")


def chart_prefix(project: Project) -> str:
    """Return the folder of the chart's files as a prefix of paths; empty for the top folder."""
    return "" if project.chart_dir == "." else f"{project.chart_dir}/"


class ReleaseBumps:
    """Those of the changes `landed` that set the versions in Chart.yaml, before `releases`."""

    def __init__(
        self, project: Project, landed: Iterable[Landing], releases: Sequence[Release]
    ) -> None:
        self.chart_file = f"{chart_prefix(project)}Chart.yaml"
        self._project = project
        self._tags = {release.version: release.tag for release in releases}
        self._charts: dict[str, Chart] = {}
        commits = []
        for landing in landed:
            if self.chart_file in landing.files:
                commits += [landing.commit, *landing.parents[:1]]
        for commit, text in project.git.files.of_commits(commits, self.chart_file).items():
            with suppress(BadInput):
                self._charts[commit] = Chart.parse(text, self.chart_file)

    def _before_and_after(self, landing: Landing) -> tuple[Chart | None, Chart | None]:
        first_parent = landing.parents[0] if landing.parents else ""
        return self._charts.get(first_parent), self._charts.get(landing.commit)

    def changes_versions(self, landing: Landing) -> bool:
        """Return whether a change sets the version or the appVersion in Chart.yaml."""
        if self.chart_file not in landing.files:
            return False
        before, after = self._before_and_after(landing)
        if before is None or after is None:
            return True
        versions = before.version, before.app_version
        return versions != (after.version, after.app_version)

    def is_release(self, landing: Landing, workflows: Collection[str]) -> bool:
        """Return whether a change only prepares a release, as release-please does.

        It sets the version of a release that there is, and its appVersion if that belongs to it;
        else nothing changes in the chart and in the files of the `workflows` but that version.
        """
        before, after = self._before_and_after(landing)
        if before is None or after is None or before.version == after.version:
            return False
        if not self._is_released(before, after):
            return False
        chart_dir = self.chart_file.removesuffix("Chart.yaml")
        for file in landing.files:
            is_relevant = file in workflows or file.startswith(chart_dir)
            if is_relevant and not self._is_same_but_version(landing, file, before, after):
                return False
        return True

    def _is_released(self, before: Chart, after: Chart) -> bool:
        tag = self._tags.get(after.version.removeprefix("v"))
        if tag is None:
            return False
        expected = self._project.releases.rule_of(tag).app_version_of(tag)
        return after.app_version in (before.app_version, expected)

    def _is_same_but_version(
        self, landing: Landing, file: str, before: Chart, after: Chart
    ) -> bool:
        if file.endswith(".md"):
            return True
        parent = f"{landing.parents[0]}:{file}"
        commit = f"{landing.commit}:{file}"
        texts = self._project.git.files.texts([parent, commit])
        old = texts.get(parent, "")
        new = texts.get(commit, "")
        if file == self.chart_file:
            old = VERSION_LINES.sub("", old)
            new = VERSION_LINES.sub("", new)
        old = old.replace(before.version, after.version)
        if before.app_version:
            old = old.replace(before.app_version, after.app_version)
        return old == new

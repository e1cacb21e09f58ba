"""The release that comes after a commit: its version, its tag, its own commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from ..clients.helm.chart import Chart
from ..core.conventional import RELEASE
from ..core.errors import BadInput, RecipeError
from ..core.versions import (
    is_higher,
    is_prerelease,
    parse_version,
    published_versions,
    same_precedence,
)
from ..incident.project import Project
from ..incident.release_rule import NO_VERSION
from ..recovery.automation import CONFIG, MANIFEST, Automation, find_automation
from ..recovery.bump import replace_values
from ..recovery.release_please import ReleaseCommit
from ..recovery.release_please_package import find_package
from .released_so_far import ReleasedSoFar


@dataclass(frozen=True)
class NextRelease:
    """A release: its tag, the chart's version, its appVersion if a rule gives one.

    `edits` are the new texts of the files that its own commit changes, by path, and `message` is
    that commit's; without edits it releases the commit itself. `chart` is that of Chart.yaml then.
    """

    tag: str
    version: str
    app_version: str
    chart: Chart
    message: str = ""
    edits: Mapping[str, str] = field(default_factory=dict)


class Releasing:
    """The release of a commit, which is the next one on the default branch `branch`.

    Raises BadInput for a commit without the chart.
    """

    def __init__(self, project: Project, commit: str, branch: str) -> None:
        self._project = project
        self._commit = commit
        self._branch = branch
        self._file = f"{project.chart_dir}/Chart.yaml"
        self._text = project.git.files.read(commit, self._file)
        if not self._text:
            advice = "give a commit that has the chart, or set CHART_DIR to its folder"
            raise BadInput(f"{commit[:12]} has no {self._file}", advice)
        self._chart = project.chart_at(commit, commit[:12])
        self._written = self._chart.version.removeprefix("v")
        self._is_placeholder = self._written.startswith(NO_VERSION)
        texts = project.git.files.of_paths(commit, (MANIFEST, CONFIG))
        self._package = find_package(texts, project.chart_dir)
        self._released = ReleasedSoFar(project)
        self._automation = self._find_automation()

    def _find_automation(self) -> Automation | None:
        """Return the automation of the commit; None if the clone lacks the commits to tell."""
        with suppress(RecipeError):
            version = self._chart.version
            releases = self._released.releases
            return find_automation(self._project, version, self._commit, releases)
        return None

    def next_release(self, filters: Sequence[str]) -> NextRelease:
        """Return the release; `filters` are the patterns of the tags that start a workflow.

        Raises BadInput if its version cannot be written into Chart.yaml.
        """
        named = self._next_named()
        automation = ""
        if self._automation:
            automation = self._automation.name
        pattern = self._released.tag_pattern(
            self._package,
            automation,
            filters,
        )
        tag = pattern.tag_of(named)
        version = named
        if self._released.has_own_versions:
            version = self._next_own()
        edits, message = self._own_commit(named, version)
        text = edits.get(self._file, self._text)
        chart = Chart.parse(text, self._file)
        if self._released.has_own_versions:
            version = chart.version  # release-please may leave it
        app_version = self._released.app_version_of(tag, pattern)
        return NextRelease(
            tag,
            version,
            app_version,
            chart,
            message,
            edits,
        )

    def _next_named(self) -> str:
        """Return the version that the next tag names."""
        last = self._written
        if self._package:
            last = self._package.version
            first = self._package.first_version
            if first and not self._released.highest_named:
                return first
            if self._is_release_commit(last) and not self._released.has_tag_of(last):
                return last
        elif self._released.has_own_versions:
            last = ""
        elif self._is_prepared:
            return last
        planned = ""
        if self._automation:
            planned = self._automation.next_version
        if self._released.has_own_versions or self._released.has_tag_of(planned):
            planned = ""
        return planned or _version_after([self._released.highest_named, last])

    def _next_own(self) -> str:
        """Return the next version of a chart whose tags name another one."""
        if self._is_prepared:
            return self._written
        return _version_after([self._released.highest, self._written])

    @property
    def _is_prepared(self) -> bool:
        """Whether Chart.yaml has the version of a release that is still to come."""
        if self._is_placeholder or is_prerelease(self._written):
            return False
        highest = self._released.highest
        return not highest or is_higher(self._written, highest)

    def _is_release_commit(self, version: str) -> bool:
        """Return whether the commit is release-please's own for a version."""
        for subject in self._project.git.history.subjects(self._commit, 1):
            words = subject.split()
            if RELEASE.match(subject) and version in words:
                return True
        return False

    def _own_commit(self, named: str, version: str) -> tuple[Mapping[str, str], str]:
        """Return the files that the release's commit changes, and its message; or nothing."""
        if self._package:
            if self._package.version == named:
                return {}, ""
            files = self._project.git.files
            server = self._project.settings.github_server_url
            commit = ReleaseCommit(
                self._package,
                named,
                f"{server}/{self._project.slug}",
                lambda path: files.read(self._commit, path),
                lambda: files.listed(self._commit),
            )
            return commit.changed_files(), f"chore({self._branch}): release {named}"
        if self._is_version_left(version):
            return {}, ""
        values = {"version": self._chart.version.replace(self._written, version)}
        rule = self._released.rule
        app_version = ""
        if rule:
            app_version = rule.next_app_version(self._chart, version)
        if app_version:
            values["appVersion"] = app_version
        text = replace_values(self._text, values, self._file)
        return {self._file: text}, f"Release {version}"

    def _is_version_left(self, version: str) -> bool:
        """Return whether a release by hand leaves Chart.yaml as it is."""
        if self._released.has_workflow_versions:
            return True
        is_first = self._released.rule is None
        is_replaced = is_first and self._is_placeholder
        return is_replaced or same_precedence(self._written, version)


def _version_after(names: Sequence[str]) -> str:
    """Return the lowest release above all versions among `names`."""
    none = parse_version(NO_VERSION)
    versions = published_versions(list(names))
    highest = max(versions, default=none)
    release = highest.finalize_version()
    if highest.prerelease and str(release) != NO_VERSION:
        return str(release)
    return str(release.bump_patch())

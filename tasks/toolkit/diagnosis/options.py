"""The options of `recover` for a suspect: which version is published, if any has to be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..clients.github.releases import Release
from ..core.shell import quote
from ..core.versions import is_higher, same_precedence
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..recovery.withdraw import was_withdrawn
from .change import Change
from .published_revert import has_app_version
from .recovered import UsersChart
from .releases import PlacedChart, published_manifest

SKIP_PUBLISH = " --skip-publish"  # what is published is good


@dataclass(frozen=True)
class RecoverOptions:
    """The options for a release, whose chart is `tagged`, and `tip` on the default branch.

    `fired` are the triggers. With `is_healthy`, only what landed after the release is wrong.
    """

    project: Project
    log: IncidentLog
    release: Release
    users: UsersChart
    tagged: PlacedChart
    tip: PlacedChart
    fired: tuple[str, ...]
    is_healthy: bool

    def for_change(self, change: Change) -> str:
        """Return the options for a change: if only the workflow failed, nothing is published."""
        is_workflow = bool(change.files.get("workflow")) and not change.chart_files
        return SKIP_PUBLISH if is_workflow and self._has_good_chart else self.usual

    @cached_property
    def usual(self) -> str:
        """The options for a change of the chart, or of unknown files."""
        if self.is_healthy:
            return SKIP_PUBLISH
        version = self.release.version
        is_taken = is_higher(self.users.version, version) or self._is_taken(version)
        expected = self.project.releases.rule_of(self.release.tag).app_version_of(self.release.tag)
        return recover_options(version, expected, is_taken, self.tagged, self.tip)

    def _is_taken(self, version: str) -> bool:
        """Return whether a version is published, or was withdrawn: it must not come back."""
        for reference in self.project.published_references(version):
            if any(published_manifest(self.project, reference)):
                return True
        return was_withdrawn(self.project, self.log, version)

    @cached_property
    def _has_good_chart(self) -> bool:
        """Whether only the run failed: users get the release's chart all the same."""
        users = self.users
        if self.fired != ("publish",) or not same_precedence(users.version, self.release.version):
            return False
        return has_app_version(self.project, self.release, users.reference, users.version)


def recover_options(
    version: str,
    expected_app: str,
    is_taken: bool,
    tagged: PlacedChart,
    tip: PlacedChart,
) -> str:
    """Return the options of `recover` for a version that is free and the release's appVersion.

    `expected_app` is empty if the appVersion has nothing to do with the release.
    """
    options = ""
    if is_taken:
        options += " --version next"
    elif not same_precedence(tip.chart.version, version):
        options += f" --version {quote(version)}"
    app_versions = [tagged.chart.app_version, tip.chart.app_version]
    if expected_app and not all(same_precedence(one, expected_app) for one in app_versions):
        options += f" --app-version {quote(expected_app)}"
    return options

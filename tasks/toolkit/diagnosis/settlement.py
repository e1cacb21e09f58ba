"""Settle triggers: which ones no longer fire once users have the chart of a recovery."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from ..clients.github.releases import Release
from ..clients.helm.chart import Chart
from ..console.findings import Finding
from ..core.errors import BadInput
from ..core.versions import is_higher
from ..incident.log import IncidentLog
from ..incident.project import Project
from .releases import PlacedChart, charts_of_release
from .suspicion import Recovery
from .triggers import check_reports
from .version_sync import tip_is_in_sync


@dataclass(frozen=True)
class Settlement:
    """The recovery of a release, and what it means for the triggers that fired."""

    project: Project
    log: IncidentLog
    releases: list[Release]
    release: Release
    recovery: Recovery

    def settle(self, finding: Finding) -> Finding:
        """Return the finding on a trigger as it is after the recovery."""
        if finding.outcome != "fired":
            return finding
        if finding.name == "users":
            return check_reports(self.project, self.log, self.releases, self.recovery.at)
        if finding.name == "versions" and self._tip_has_drifted():
            return finding
        evidence = f"{finding.evidence}\n{self.recovery}"
        return replace(finding, outcome="clear", evidence=evidence, next=self._advice())

    def _tip_has_drifted(self) -> bool:
        """Return whether the default branch has versions that neither release nor revert has."""
        tagged, tip = charts_of_release(self.project, self.release)
        if not self.project.git.history.contains(tip.commit, self.release.commit):
            return False  # it is of a release branch
        if _versions(tip.chart) == _versions(tagged.chart) or self._is_of_revert(tip.chart):
            return False
        return not self._is_in_sync(tip)

    def _is_of_revert(self, chart: Chart) -> bool:
        """Return whether the revert gave the default branch the versions of a chart.

        It does where the reverted change set them too.
        """
        commit = self.recovery.commit
        if not commit:
            return False
        parent = f"{commit}^"
        with suppress(BadInput):  # it is no chart there
            before = PlacedChart("", parent, self.project.chart_at(parent))
            after = self.project.chart_at(commit)
            return self._is_in_sync(before) and _versions(after) == _versions(chart)
        return False

    def _is_in_sync(self, placed: PlacedChart) -> bool:
        rule = self.project.releases.rule_of(self.release.tag)
        return tip_is_in_sync(rule, self.release, placed)

    def _advice(self) -> str:
        """Return what the next release must be, if it could collide with what was published."""
        if not is_higher(self.recovery.published, self.release.version):
            return ""
        above = self.recovery.published
        return f"release a version above {above} next, with the revert"


def _versions(chart: Chart) -> tuple[str, str]:
    return chart.version, chart.app_version

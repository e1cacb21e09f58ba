"""What a recovery settles: which triggers do not fire any more once users have its chart."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..clients.github.releases import Release
from ..console.findings import Finding
from ..core.versions import is_higher
from ..incident.log import IncidentLog
from ..incident.project import Project
from .releases import charts_of_release
from .suspicion import Recovery
from .triggers import check_reports
from .version_sync import compare_tip, differences


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
        """Return whether the default branch has versions that the release has not."""
        rule = self.project.releases.rule_of(self.release.tag)
        tagged, tip = charts_of_release(self.project, self.release)
        if not self.project.git.history.contains(tip.commit, self.release.commit):
            return False  # it is of a release branch
        same = (tip.chart.version, tip.chart.app_version)
        if same == (tagged.chart.version, tagged.chart.app_version):
            return False
        compared = compare_tip(rule, self.release, tip)
        return bool(differences(compared, self.release.version))

    def _advice(self) -> str:
        """Return what the next release must be, if it could collide with what was published."""
        if not is_higher(self.recovery.published, self.release.version):
            return ""
        above = self.recovery.published
        return f"release a version above {above} next, with the revert"

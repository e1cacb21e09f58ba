"""What a pushed tag would do, where the usual way of a release fails before it pushes a chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..console.findings import Finding, failing
from ..console.output import status
from ..core.errors import BadInput
from ..incident.project import Project
from .rehearsed_release import RehearsedRelease, plan_release
from .release_start import TAG

ROWS = ("run", "pushed")  # those that tell where a chart lands
NAME = "as tag"
Rehearse = Callable[[RehearsedRelease], list[Finding]]


def find_by_tag(
    project: Project, commit: str, findings: Sequence[Finding], rehearse: Rehearse
) -> list[Finding]:
    """Return one more finding if the `findings` are of a failure that pushed no chart.

    It says where the chart lands that a pushed tag publishes. None, if the workflow runs for none.
    """
    if any(finding.name not in (*ROWS, "isolation") for finding in findings):
        return []
    if not failing(list(findings), strict=False):
        return []
    try:
        release = plan_release(project, commit, TAG)
    except BadInput:
        return []
    status(f"no chart was pushed; rehearsing it as {release.how} too")
    return [_summarize(release, rehearse(release))]


def _summarize(release: RehearsedRelease, findings: Sequence[Finding]) -> Finding:
    """Return the findings of a rehearsal as one."""
    rows = [finding for finding in findings if finding.name in ROWS]
    lines = [f"{release.how}:"]
    advice = []
    for finding in rows:
        lines.append(f"{finding.name} {finding.outcome}")
        lines += [f"  {line}" for line in finding.evidence.split("\n")]
        if finding.next:
            advice.append(finding.next)
    outcome = "passed"
    if any(finding.outcome == "unverified" for finding in rows):
        outcome = "unverified"
    if failing(list(findings), strict=False):
        outcome = "failed"
    return Finding(NAME, outcome, "\n".join(lines), "\n".join(advice))

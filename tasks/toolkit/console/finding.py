"""What one check found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..core.invocation import as_invoked, current_chart, for_chart
from ..core.tag_pattern import names_chart

STALE = "stale"
FIRST_AID = "first aid"  # begins an advice beside which there is the cure


@dataclass(frozen=True)
class Finding:
    """What a check found: its outcome, the evidence, and the next command to type, if any.

    `outcome` is passed, failed or unverified for a check; fired, clear or unknown for a trigger. It
    is STALE for texts that name something else than what works.
    `chart` is the one that it is about, where there are several. `unread` says that the check could
    not read what it is about, such as while a service is down: nobody knows.
    """

    name: str
    outcome: str
    evidence: str
    next: str = ""
    chart: str = field(default_factory=current_chart)
    unread: bool = False

    @property
    def label(self) -> str:
        """Its name in a table, after that of its chart; a release's tag may have that already."""
        if not self.chart or names_chart(self.name, self.chart):
            return self.name
        return f"{self.chart} {self.name}"

    @property
    def advice(self) -> str:
        """What to type next: commands name the chart that they are for."""
        return for_chart(self.next, self.chart)

    def as_data(self) -> dict[str, Any]:
        """Return it for JSON: with a chart where there are several, and `unread` if it is."""
        data = {**asdict(self), "next": as_invoked(self.advice)}
        if not self.chart:
            del data["chart"]
        if not self.unread:
            del data["unread"]
        return data

    @property
    def shown(self) -> tuple[str, str, str, str]:
        """What people read of it beside its chart."""
        return self.name, self.outcome, self.evidence, self.advice


def unread_labels(findings: Sequence[Finding]) -> list[str]:
    """Return the labels of the checks that could not read what they are about."""
    return [finding.label for finding in findings if finding.unread]


def stale_as_failed(finding: Finding) -> Finding:
    """Return the finding; on its own, what is stale is a failure."""
    if finding.outcome != STALE:
        return finding
    return replace(finding, outcome="failed")


def shortened(finding: Finding, most: int) -> Finding:
    """Return the finding with at most so many lines of evidence, and how many more there are."""
    lines = finding.evidence.split("\n")
    if len(lines) <= most:
        return finding
    shown = lines[: most - 1]
    left = len(lines) - len(shown)
    shown.append(as_invoked(f"and {left} more: invoke verify.{finding.name}"))
    return replace(finding, evidence="\n".join(shown))

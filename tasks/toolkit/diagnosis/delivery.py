"""The delivery of a release as lines of evidence: its run, its published chart, its versions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..clients.github.releases import Release
from ..clients.github.runs import Run
from ..clients.helm.chart import Chart
from ..clients.registry.manifest import Manifest
from ..clients.registry.reference import Reference
from .version_sync import Comparison

# Lines of evidence, each with whether it is as it should be; None: that is unknown.
Evidence = dict[str, bool | None]


@dataclass(frozen=True)
class Delivery:
    """The delivery of a release: its run, and its chart where users install from."""

    release: Release
    run: Run | None
    reference: Reference
    manifest: Manifest | None

    @property
    def evidence(self) -> Evidence:
        """Whether the run succeeded, and whether the chart is published.

        A missing run does not count against a chart that is published.
        """
        found: Evidence = {}
        if self.run:
            state = self.run.conclusion or self.run.status
            found[f"run {self.run.id}: {state}"] = state == "success"
        else:
            found["no run of the workflow was found"] = None if self.has_chart else False
        if self.manifest is None:
            found[f"{self.reference} is not published"] = False
        elif not self.manifest.is_chart:
            found[f"{self.reference} is {self.manifest.kind}, not a chart"] = False
        else:
            found[f"{self.reference} is published, {self.manifest.digest}"] = True
        return found

    @property
    def has_chart(self) -> bool:
        """Whether the chart is published."""
        return self.manifest is not None and self.manifest.is_chart

    def is_pending(self, limit: float, now: Callable[[], datetime]) -> bool:
        """Return whether the run has not ended, or may yet start within `limit` seconds.

        `now` asks GitHub for its time.
        """
        if self.run:
            return self.run.status != "completed"
        age = now() - self.release.published_at
        return age.total_seconds() < limit


def version_evidence(chart: Chart, compared: Sequence[Comparison]) -> Evidence:
    """Return whether the versions of a chart are those of its release."""
    line = f"version {chart.version}, appVersion {chart.app_version}"
    wrong = []
    for one in compared:
        if not one.is_kept:
            wrong.append(f"{one.place.strip()} {one.expected}")
    if wrong:
        line += f", not {' and '.join(wrong)}"
    return {line: not wrong}


def outcome_of(evidence: Evidence) -> str:
    """Return the outcome of lines of evidence together: passed, failed or unverified."""
    if False in evidence.values():
        return "failed"
    return "unverified" if None in evidence.values() else "passed"

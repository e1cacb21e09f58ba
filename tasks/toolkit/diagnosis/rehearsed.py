"""A release that was rehearsed: its results, the charts that it pushed, the steps that failed."""

from __future__ import annotations

from dataclasses import dataclass

from ..clients.helm.chart import NOT_A_CHART_ARCHIVE, Chart, archived_chart_file
from ..clients.registry.reference import Reference
from ..core.errors import BadInput
from ..workflows.chart_references import ChartReferences
from .rehearsal_parts import Pushed, Results, Step
from .rehearsed_release import RehearsedRelease

NO_CHART = "no chart was pushed"


@dataclass(frozen=True)
class PushedChart:
    """A chart that was pushed, and how."""

    pushed: Pushed
    chart: Chart

    @property
    def reference(self) -> Reference:
        """Where it was pushed."""
        return Reference(self.pushed.host, self.pushed.repository, self.pushed.tag)


@dataclass(frozen=True)
class Rehearsed:
    """A release that was rehearsed, with the results and where its chart belongs.

    `workflow` is the file that publishes the chart, which another one may call.
    """

    release: RehearsedRelease
    results: Results
    references: ChartReferences
    workflow: str

    @property
    def charts(self) -> list[PushedChart]:
        """The versions of the chart that were pushed, without other charts."""
        charts = []
        for pushed in self.results.pushed:
            chart = read_pushed(pushed)
            if chart and chart.name == self.references.name:
                charts.append(PushedChart(pushed, chart))
        return charts

    @property
    def placed(self) -> PushedChart | None:
        """The chart where users install it from, or else where it was pushed last."""
        charts = self.charts
        for chart in charts:
            if is_at(chart.reference, self.references.install):
                return chart
        return charts[-1] if charts else None

    @property
    def failed_steps(self) -> list[Step]:
        """The steps that failed, without those that may end otherwise on GitHub."""
        return [step for step in self._failures if not step.doubts]

    @property
    def doubtful_steps(self) -> list[Step]:
        """The steps that failed, and may end otherwise on GitHub."""
        return [step for step in self._failures if step.doubts]

    @property
    def _failures(self) -> list[Step]:
        return [step for step in self.results.steps if step.conclusion == "failure"]


def read_pushed(pushed: Pushed) -> Chart | None:
    """Return the chart that was pushed; None if it is none."""
    try:
        text = archived_chart_file(pushed.archive)
        return Chart.parse(text, f"{pushed.repository}:{pushed.tag}")
    except (BadInput, *NOT_A_CHART_ARCHIVE):
        return None


def is_at(reference: Reference, place: Reference) -> bool:
    """Return whether a reference is of a place, whatever its tag."""
    return reference.oci == place.oci


def describe_pushed(pushed: Pushed) -> dict[str, str]:
    """Return a tag that was pushed as its reference and digest."""
    reference = Reference(pushed.host, pushed.repository, pushed.tag)
    return {"reference": str(reference), "digest": pushed.digest}

"""Whether to roll back, of one chart or of several."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from operator import itemgetter

from ..console.findings import of_chart
from ..console.waiting import run_parallel
from ..incident.log import IncidentLog
from ..incident.project import Project
from .verdict import VERDICTS, Verdict, check_triggers


def check_triggers_of_charts(project: Project, log: IncidentLog, names: Sequence[str]) -> Verdict:
    """Check triggers by name for every chart, at the same time.

    Raises BadInput for a wrong setting.
    """
    charts = project.charts()
    calls = []
    for chart in charts:
        check = partial(check_triggers, chart, log, names)
        calls.append(partial(of_chart, chart.label, check))
    verdicts = run_parallel(calls)
    if len(verdicts) == 1:
        return verdicts[0]
    findings = []
    suspects = []
    for chart, verdict in zip(charts, verdicts, strict=True):
        findings += verdict.findings
        for suspect in verdict.suspects:
            suspects.append({**suspect, "chart": chart.label})
    causes = [verdict.cause for verdict in verdicts if verdict.cause]
    causes.sort(key=itemgetter("released_at"))
    text = worst([verdict.text for verdict in verdicts])
    return Verdict(text, findings, suspects, causes[0] if causes else {})


def worst(texts: Sequence[str]) -> str:
    """Return the verdict on several charts, whose verdicts are given: what asks for most."""
    return min(texts, key=VERDICTS.index)

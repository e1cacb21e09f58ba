"""Whether to roll back, of one chart or of several."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from operator import itemgetter

from ..console.findings import Finding, of_chart, show_findings
from ..console.result import add_details, note_pull
from ..console.waiting import run_parallel
from ..core.errors import BadInput
from ..incident.event import CAUSE, EVIDENCE
from ..incident.log import IncidentLog
from ..incident.project import Project
from .verdict import COULD_NOT_TELL, VERDICTS, Verdict, check_triggers, ensure_clear


def report_triggers(project: Project, log: IncidentLog, names: Sequence[str]) -> None:
    """Check triggers by name, show and record what they say. Raises unless all are clear."""
    try:
        verdict = check_triggers_of_charts(project.charts(), log, names)
    except BadInput:
        add_details({"verdict": COULD_NOT_TELL, "triggers": [], "suspects": []})
        raise
    findings = verdict.findings
    title = f"When to rollback: {verdict.text}"
    note_pull(verdict.pull)
    show_findings(title, findings, "triggers", verdict=verdict.text, suspects=verdict.suspects)
    outcomes = {}
    for finding in findings:
        outcomes[finding.label] = finding.outcome
    is_clear = "fired" not in outcomes.values()
    recorded = {CAUSE: verdict.cause} if verdict.cause else {}
    evidence = _evidence(findings)
    if evidence:
        recorded[EVIDENCE] = evidence
    log.record_check(is_clear, triggers=outcomes, **recorded)
    ensure_clear(findings)


def _evidence(findings: Sequence[Finding]) -> dict[str, str]:
    """Return the first line of why each trigger fired, by its name."""
    evidence = {}
    for finding in findings:
        if finding.outcome == "fired":
            evidence[finding.label], *_ = finding.evidence.split("\n")
    return evidence


def check_triggers_of_charts(
    charts: Sequence[Project],
    log: IncidentLog,
    names: Sequence[str],
) -> Verdict:
    """Check triggers by name for several charts, at the same time.

    Raises BadInput for a wrong setting.
    """
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
    """Return the most urgent of the verdicts on several charts."""
    return min(texts, key=VERDICTS.index)

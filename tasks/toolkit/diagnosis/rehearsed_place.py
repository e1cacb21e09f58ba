"""Where the chart of a rehearsal was pushed, and whether it belongs there."""

from __future__ import annotations

from ..clients.registry.reference import Reference
from ..console.findings import Finding
from ..workflows.chart_references import ChartReferences
from .rehearsal_advice import advise_on_doubts
from .rehearsed import NO_CHART, Rehearsed, describe_pushed, is_at
from .rehearsed_steps import join_first, step_name

MOST_PUSHED = 6
MOST_REASONS = 3


def check_place(rehearsed: Rehearsed) -> Finding:
    """Judge where the chart was pushed: REGISTRY with the chart's name, and users' reference."""
    references = rehearsed.references
    charts = rehearsed.charts
    if not charts:
        return _judge_nothing(rehearsed)
    pushed = _pushed_lines(rehearsed)
    missing = []
    for setting, place in _places(references).items():
        if not any(is_at(chart.reference, place) for chart in charts):
            missing.append(f"not at {place.oci}, {setting}")
    if not missing:
        users = f"{references.name} is at {references.install.oci}, where users install from"
        return Finding("pushed", "passed", "\n".join([users, *pushed]))
    last = charts[-1]
    landed = last.reference.oci
    lines = [f"{references.name} landed at {landed}", *missing]
    doubts = [doubt for chart in charts for doubt in chart.pushed.doubts]
    if doubts:
        lines.append(f"GitHub may push it elsewhere: {join_first(doubts, MOST_REASONS, '; ')}")
        evidence = "\n".join([*lines, *pushed])
        advice = advise_on_doubts(rehearsed)
        return Finding(
            "pushed",
            "unverified",
            evidence,
            advice,
            unread=True,
        )
    file = last.pushed.file or rehearsed.workflow
    advice = f"let {file} push to {references.push.oci}; helm appends /{references.name}"
    parent = landed.removesuffix(f"/{references.name}")
    if parent != landed:
        advice += f"\nor set REGISTRY={parent}, and tell users {landed}"
    return Finding(
        "pushed",
        "failed",
        "\n".join([*lines, *pushed]),
        advice,
    )


def _pushed_lines(rehearsed: Rehearsed) -> list[str]:
    """Return the references and digests of what was pushed."""
    lines = []
    for pushed in rehearsed.results.pushed:
        described = describe_pushed(pushed)
        lines.append(f"{described['reference']} {described['digest']}")
    more = len(lines) - MOST_PUSHED
    if more > 0:
        lines[MOST_PUSHED:] = [f"and {more} more"]
    return lines


def _places(references: ChartReferences) -> dict[str, Reference]:
    """Return where the chart belongs, by what says so."""
    places = {f"where REGISTRY with /{references.name} is": references.published}
    if references.install != references.published:
        places["where CHART_REF says that users install from"] = references.install
    return places


def _judge_nothing(rehearsed: Rehearsed) -> Finding:
    """Judge a run that pushed no chart: that is a failure if nothing else explains it."""
    evidence = "\n".join([NO_CHART, *_pushed_lines(rehearsed)])
    results = rehearsed.results
    if rehearsed.failed_steps and not rehearsed.doubtful_steps:
        return Finding("pushed", "failed", evidence)
    is_unsure = results.is_late or any(step.may_push for step in results.steps)
    if is_unsure or rehearsed.doubtful_steps or results.conclusion != "success":
        evidence += _name_pushing(rehearsed)
        advice = advise_on_doubts(rehearsed)
        return Finding(
            "pushed",
            "unverified",
            evidence,
            advice,
            unread=True,
        )
    advice = f"let {rehearsed.workflow} push the chart: no step of this run did"
    return Finding(
        "pushed",
        "failed",
        evidence,
        advice,
    )


def _name_pushing(rehearsed: Rehearsed) -> str:
    """Return a line that names the steps that may push a chart on GitHub, and why; or nothing."""
    reasons = dict[str, str]()
    for step in rehearsed.results.steps:
        if step.may_push:
            name = step_name(step)
            reasons.setdefault(name, step.doubts[0])
    if not reasons:
        return ""
    shown = join_first(list(reasons), MOST_REASONS, ", ")
    reason = next(iter(reasons.values()))
    return f"\nGitHub may push one in {shown}: {reason}"

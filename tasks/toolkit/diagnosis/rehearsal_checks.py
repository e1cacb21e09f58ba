"""What the chart that a rehearsal pushed is: its versions, and whether users can get it."""

from __future__ import annotations

from ..clients.helm.installation import count_objects
from ..console.findings import Finding
from .rehearsal_parts import Rehearsal
from .rehearsed import NO_CHART, Rehearsed
from .rehearsed_steps import join_first

MOST_LINES = 3
INTO_HOME = ("sh", "-c", 'exec "$@" --destination "$HOME"', "sh")  # the rehearsal's own
NEEDS_VALUES = "the chart asks for values that users give it"
# What helm prints for the functions `required` and `fail`, and for values.schema.json.
ASKING = ("execution error at (", "values don't meet the specifications of the schema")


def check_versions(rehearsed: Rehearsed) -> Finding:
    """Judge the version and the appVersion of what was pushed."""
    placed = rehearsed.placed
    if not placed:
        return Finding("versions", "unverified", NO_CHART)
    release = rehearsed.release
    chart = placed.chart
    differences = []
    if chart.version != release.version:
        differences.append(f"version is {chart.version}, not {release.version}")
    if release.app_version and chart.app_version != release.app_version:
        differences.append(f"appVersion is {chart.app_version}, not {release.app_version}")
    evidence = f"{chart.name} {chart.version}, app {chart.app_version or 'none'}"
    if not differences:
        return Finding("versions", "passed", evidence)
    evidence = f"{evidence}: {', '.join(differences)}"
    doubts = placed.pushed.content_doubts
    if doubts:
        evidence += f"\nGitHub may package it otherwise: {join_first(doubts, MOST_LINES, '; ')}"
        return Finding("versions", "unverified", evidence)
    advice = f"set both where {rehearsed.workflow} packages it"
    return Finding(
        "versions",
        "failed",
        evidence,
        advice,
    )


def check_availability(rehearsed: Rehearsed, rehearsal: Rehearsal) -> Finding:
    """Show, pull and render what was pushed as users do, without credentials."""
    placed = rehearsed.placed
    if not placed:
        return Finding("availability", "unverified", NO_CHART)
    reference = placed.reference
    options = [reference.oci, f"--version={placed.chart.version}"]
    if reference.is_local:
        options.append("--plain-http")
    commands = {
        "show": ["helm", "show", "chart", *options],
        "pull": [*INTO_HOME, "helm", "pull", *options],
        "render": ["helm", "template", "rehearsal", *options],
    }
    for name, argv in commands.items():
        output = rehearsal.read(*argv)
        if output.returncode:
            printed = output.stderr.strip().splitlines()
            evidence = f"helm could not {name} {reference}\n" + "\n".join(printed[-MOST_LINES:])
            if asks_for_values(output.stderr):
                return Finding("availability", "unverified", f"{evidence}\n{NEEDS_VALUES}")
            return Finding(
                "availability",
                "failed",
                evidence,
                "render it: invoke chart.template",
            )
    objects = count_objects(output.stdout)
    evidence = f"helm shows, pulls and renders {reference} without credentials: {objects} objects"
    return Finding("availability", "passed", evidence)


def asks_for_values(printed: str) -> bool:
    """Return whether helm did not render a chart since the chart itself refuses its values."""
    return any(text in printed for text in ASKING)

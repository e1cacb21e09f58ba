"""What a rehearsal shows by itself: how the run ended, what was pushed where, who can get it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..clients.helm.chart import NOT_A_CHART_ARCHIVE, Chart, archived_chart_file
from ..clients.helm.installation import count_objects
from ..clients.registry.reference import Reference
from ..console.findings import Finding
from ..core.errors import BadInput
from ..workflows.chart_references import ChartReferences
from .rehearsal_parts import Pushed, Rehearsal, Results, Step
from .rehearsed_release import RehearsedRelease

GIVE_ACTION = "give the action: --action owner/name=FOLDER"
NO_CHART = "no chart was pushed"
MOST_REASONS = 3
OF_GITHUB = "GitHub may package another one"


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
    """A release that was rehearsed, with the results and where its chart belongs."""

    release: RehearsedRelease
    results: Results
    references: ChartReferences

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


def check_place(rehearsed: Rehearsed) -> Finding:
    """Judge where the chart was pushed: REGISTRY with the chart's name, and users' reference."""
    references = rehearsed.references
    lines = []
    for pushed in rehearsed.results.pushed:
        described = describe_pushed(pushed)
        lines.append(f"{described['reference']} {described['digest']}")
    charts = rehearsed.charts
    if not charts:
        return _judge_nothing(rehearsed, lines)
    missing = []
    for setting, place in _places(references).items():
        if not any(is_at(chart.reference, place) for chart in charts):
            missing.append(f"not at {place.oci}, {setting}")
    if not missing:
        lines.append(f"{references.name} is at {references.install.oci}, where users install from")
        return Finding("pushed", "passed", "\n".join(lines))
    landed = charts[-1].reference.oci
    lines += [f"{references.name} landed at {landed}", *missing]
    doubts = [doubt for chart in charts for doubt in chart.pushed.doubts]
    if doubts:
        lines.append(f"GitHub may push it elsewhere: {'; '.join(doubts[:MOST_REASONS])}")
        return Finding("pushed", "unverified", "\n".join(lines), unread=True)
    file = rehearsed.release.path
    advice = f"let {file} push to {references.push.oci}; helm appends /{references.name}"
    parent = landed.removesuffix(f"/{references.name}")
    if parent != landed:
        advice += f"\nor set REGISTRY={parent}, and tell users {landed}"
    return Finding("pushed", "failed", "\n".join(lines), advice)


def _places(references: ChartReferences) -> dict[str, Reference]:
    """Return where the chart belongs, by what says so."""
    places = {f"where REGISTRY with /{references.name} is": references.published}
    if references.install != references.published:
        places["where CHART_REF says that users install from"] = references.install
    return places


def _judge_nothing(rehearsed: Rehearsed, lines: Sequence[str]) -> Finding:
    """Judge a run that pushed no chart: that is a failure if nothing else explains it."""
    evidence = "\n".join([*lines, NO_CHART])
    results = rehearsed.results
    is_unsure = results.is_late or any(step.not_rehearsed for step in results.steps)
    if rehearsed.failed_steps and not rehearsed.doubtful_steps:
        return Finding("pushed", "failed", evidence)
    if is_unsure or rehearsed.doubtful_steps or results.conclusion != "success":
        return Finding("pushed", "unverified", evidence, GIVE_ACTION, unread=True)
    advice = f"let {rehearsed.release.path} push the chart: no step of this run did"
    return Finding("pushed", "failed", evidence, advice)


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
        evidence += f"\n{OF_GITHUB}: {'; '.join(doubts[:MOST_REASONS])}"
        return Finding("versions", "unverified", evidence)
    return Finding("versions", "failed", evidence, f"set both where {release.path} packages it")


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
        "pull": ["helm", "pull", *options, "--destination=/tmp"],
        "render": ["helm", "template", "rehearsal", *options],
    }
    for name, argv in commands.items():
        output = rehearsal.read(*argv)
        if output.returncode:
            printed = output.stderr.strip().splitlines()
            evidence = f"helm could not {name} {reference}\n" + "\n".join(printed[-MOST_REASONS:])
            return Finding("availability", "failed", evidence, "render it: invoke chart.template")
    objects = count_objects(output.stdout)
    evidence = f"helm shows, pulls and renders {reference} without credentials: {objects} objects"
    return Finding("availability", "passed", evidence)

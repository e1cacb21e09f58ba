"""Local shortcuts: the chart."""

from __future__ import annotations

from itertools import combinations

from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import EACH_CHART, ONE_CHART, recipe

VALUES_HELP = {
    "values": "a YAML file of values",
    "set": "a value, name=value; may be repeated",
}
ONLY_HELP = {"show-only": "one template, such as templates/service.yaml"}
SIDE_HELP = "a published version such as 1.7.0, a tag such as v1.7.0, or `working`"
BUMP_HELP = {
    "major": "the next major version",
    "minor": "the next minor version",
    "patch": "the next patch version, which is the default",
    "to": "this version",
    "app-version": "set this appVersion; default: it changes only if it follows the version",
}
EXCLUDING = list(combinations(("major", "minor", "patch", "to"), 2))
TRY_HELP = {
    "install": "install or upgrade it in the current cluster, after the test",
    "namespace": "the Kubernetes namespace; default: as set",
}


@recipe(takes=EACH_CHART, help={"strict": "fail on warnings too"})
def lint(incident: Incident, strict: bool = False) -> None:
    """Lint the chart of the working copy: `helm lint`."""
    from .toolkit.recovery.local_chart import lint_charts

    lint_charts(incident.project.charts(), strict=strict)


@recipe(takes=ONE_CHART, iterable=["set"], help=VALUES_HELP | ONLY_HELP)
def template(
    incident: Incident, values: str = "", set: list[str] | None = None, show_only: str = ""
) -> None:
    """Render the chart of the working copy: `helm template`."""
    from .toolkit.recovery.local_chart import Values, print_manifests

    print_manifests(incident.project, Values(values, set or ()), show_only)


@recipe(takes=ONE_CHART, help={"old": SIDE_HELP, "new": SIDE_HELP})
def diff(incident: Incident, old: str, new: str) -> None:
    """Compare two releases as users get them: their files, then their manifests."""
    from .toolkit.diagnosis.chart_diff import show_difference

    show_difference(incident.project, old, new)


@recipe(takes=ONE_CHART, excluding=EXCLUDING, help=BUMP_HELP)
def bump(
    incident: Incident,
    major: bool = False,
    minor: bool = False,
    patch: bool = False,
    to: str = "",
    app_version: str = "",
) -> None:
    """Write the next version into Chart.yaml of the working copy."""
    from .toolkit.recovery.bump import bump_chart

    given = {"major": major, "minor": minor, "patch": patch}
    parts = [name for name, is_given in given.items() if is_given]
    bump_chart(incident.project, parts, to, app_version)


@recipe(takes=ONE_CHART, name="try", iterable=["set"], help=VALUES_HELP | TRY_HELP)
def try_in_cluster(
    incident: Incident,
    values: str = "",
    set: list[str] | None = None,
    namespace: str = "",
    install: bool = False,
) -> None:
    """Let the current cluster check the chart of the working copy, or render it without one."""
    from .toolkit.recovery.local_chart import Values
    from .toolkit.recovery.try_chart import try_chart

    try_chart(incident.project, Values(values, set or ()), namespace, install=install)

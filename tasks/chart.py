"""Local shortcuts: the chart."""

from __future__ import annotations

from itertools import combinations

from .toolkit.diagnosis.chart_diff import show_difference
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import EACH_CHART, ONE_CHART, recipe
from .toolkit.recovery.bump import bump_chart
from .toolkit.recovery.local_chart import lint_charts, print_manifests, try_chart

VALUES_HELP = {"values": "a YAML file of values"}
SIDE_HELP = "a published version such as 1.7.0, a tag such as v1.7.0, or `working`"
BUMP_HELP = {
    "major": "the next major version",
    "minor": "the next minor version",
    "patch": "the next patch version, which is the default",
    "to": "this version",
    "app-version": "set this appVersion too",
}
EXCLUDING = list(combinations(("major", "minor", "patch", "to"), 2))
INSTALL_HELP = {"install": "install it in NAMESPACE of the current cluster, after the test"}


@recipe(takes=EACH_CHART, help={"strict": "fail on warnings too"})
def lint(incident: Incident, strict: bool = False) -> None:
    """Lint the chart of the working copy: `helm lint`."""
    lint_charts(incident.project.charts(), strict=strict)


@recipe(takes=ONE_CHART, help=VALUES_HELP)
def template(incident: Incident, values: str = "") -> None:
    """Render the chart of the working copy: `helm template`."""
    print_manifests(incident.project, values)


@recipe(takes=ONE_CHART, help={"old": SIDE_HELP, "new": SIDE_HELP})
def diff(incident: Incident, old: str, new: str) -> None:
    """Compare two releases as users get them: their files, then their manifests."""
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
    given = {"major": major, "minor": minor, "patch": patch}
    parts = [name for name, is_given in given.items() if is_given]
    bump_chart(incident.project, parts, to, app_version)


@recipe(takes=ONE_CHART, name="try", help=VALUES_HELP | INSTALL_HELP)
def try_in_cluster(incident: Incident, values: str = "", install: bool = False) -> None:
    """Let the current cluster check the chart of the working copy, or render it without one."""
    try_chart(incident.project, values, install=install)

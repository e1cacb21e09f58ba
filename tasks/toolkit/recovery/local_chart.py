"""The chart of the working copy: lint it, render it, try it in the current cluster."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..clients.helm.chart import Chart
from ..clients.helm.chart_files import ensure_own_files, files_of_clone
from ..clients.helm.local_chart import Rendering
from ..console.exact import print_exactly
from ..console.findings import join_names
from ..console.output import print_line, status
from ..core.errors import CheckFailed, Refused
from ..core.shell import join
from ..incident.project import Project, each_chart
from .package import copy_chart

CONNECT = "choose a cluster with KUBECONFIG or `kubectl config use-context`"


def prepare_chart(project: Project, top: Path) -> tuple[Path, Chart]:
    """Return the chart of a tree, and a folder that has its dependencies too.

    That is a copy if something is built. Raises BadInput, Refused, ServiceError.
    """
    ensure_own_files(top, project.chart_dir)
    folder = top / project.chart_dir
    chart = project.helm.read_chart(folder)
    if chart.has_dependencies or files_of_clone(folder):
        folder = copy_chart(project, top)
    project.helm.local_charts.build_dependencies(folder, chart)
    return folder, chart


def lint_charts(charts: Sequence[Project], *, strict: bool) -> None:
    """Print what `helm lint` says of each chart. Raises CheckFailed if one does not pass."""
    failed = []
    for project in each_chart(charts):
        folder, chart = prepare_chart(project, project.root)
        helm = project.helm.local_charts
        output = helm.lint(folder, strict=strict)
        printed = output.stdout + output.stderr
        shown = printed.replace(str(folder), project.chart_dir)
        print_line(shown.strip())
        if output.status:
            failed.append(chart.name)
        else:
            status(f"{chart.name} {chart.version} passed", "done")
    if failed:
        names = join_names(failed)
        raise CheckFailed(f"helm lint refuses {names}", "fix what it says above")


def print_manifests(project: Project, values: str) -> None:
    """Print the manifests that the chart renders, and nothing else on stdout."""
    rendering, _ = _render_later(project, values)
    helm = project.helm.local_charts
    manifests = helm.render(rendering)
    print_exactly(manifests)


def try_chart(project: Project, values: str, *, install: bool) -> None:
    """Let the current cluster check the chart, or render it if none answers; install on demand.

    Raises CheckFailed, Refused, BadInput, ServiceError.
    """
    rendering, chart = _render_later(project, values)
    helm = project.helm.local_charts
    name = f"{chart.name} {chart.version}"
    manifests = helm.render(rendering)
    problem = helm.try_in_cluster(rendering)
    if problem and install:
        raise Refused(f"nothing was installed, since no cluster answered: {problem}", CONNECT)
    if problem:
        status(f"no cluster answered: {problem}", "warning")
        count = manifests.count("\nkind: ")
        status(f"{name}: {count} objects, rendered locally; no cluster has checked them", "done")
        status(CONNECT, "next")
        return
    place = f"release {rendering.release} in namespace {rendering.namespace}"
    if not install:
        status(f"the current cluster accepts {name} as {place}; nothing was installed", "done")
        status("invoke chart.try --install", "next")
        return
    if helm.install(rendering):
        status(f"installed {name} as {place}", "done")
        option = f"--namespace={rendering.namespace}"
        remove = join(["helm", "uninstall", rendering.release, option])
        status(f"to remove it: `{remove}`", "next")


def _render_later(project: Project, values: str) -> tuple[Rendering, Chart]:
    """Return how the chart of the working copy is rendered, under its own name."""
    folder, chart = prepare_chart(project, project.root)
    namespace = project.settings.namespace
    rendering = Rendering(folder, chart.name, namespace, values)
    return rendering, chart

"""The chart of the working copy: make it ready for helm, lint it, render it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..clients.helm.chart import Chart
from ..clients.helm.chart_files import ensure_own_files, files_of_clone
from ..clients.helm.local_chart import Rendering
from ..console.exact import print_exactly
from ..console.findings import join_names
from ..console.output import print_line, status
from ..core.errors import CheckFailed
from ..incident.project import Project, each_chart
from .package import copy_chart


@dataclass(frozen=True)
class Values:
    """Values of a chart: a file, and assignments `name=value`."""

    file: str = ""
    assignments: Sequence[str] = ()


def prepare_chart(
    project: Project,
    top: Path,
    *,
    is_commit: bool = False,
    quiet: bool = True,
) -> tuple[Path, Chart]:
    """Return the chart of a tree, and a folder that has its dependencies too.

    That is a copy if something is built, which a dry run shows unless `quiet`.
    Raises BadInput, Refused, ServiceError.
    """
    ensure_own_files(top, project.chart_dir, submodules=not is_commit)
    folder = top / project.chart_dir
    chart = project.helm.read_chart(folder)
    if chart.has_dependencies or files_of_clone(folder):
        folder = copy_chart(project, top, quiet=quiet)
    project.helm.local_charts.build_dependencies(folder, chart, quiet=quiet)
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


def print_manifests(project: Project, values: Values, only: str) -> None:
    """Print the manifests of the chart, or of one template, and nothing else on stdout."""
    folder, chart = prepare_chart(project, project.root)
    namespace = project.settings.namespace
    rendering = Rendering(folder, chart.name, namespace, values.file, values.assignments)
    helm = project.helm.local_charts
    manifests = helm.render(rendering, only=only)
    print_exactly(manifests)

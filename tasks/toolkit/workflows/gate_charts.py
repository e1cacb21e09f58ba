"""What the gate rehearses a chart for: the paths that its release depends on."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ..clients.github.workflow_faults import as_mapping
from ..clients.github.workflow_file import Workflow
from ..incident.project import Project
from .callers import related_files, workflow_at, workflows_at
from .gate import GATE, GatedChart
from .touched import local_parts

# Of release-please and chart-releaser, where actions are not told of others by these inputs.
INPUTS = ("config-file", "manifest-file", "config")
CONFIGURATIONS = (
    "release-please-config.json",
    ".release-please-manifest.json",
    "cr.yaml",
    ".cr.yaml",
    ".github/cr.yaml",
    ".cr/cr.yaml",
)


def gated_charts(project: Project, commit: str) -> list[GatedChart]:
    """Return the charts of a commit, with the paths that their releases depend on.

    Raises BadInput if the workflow is not there.
    """
    workflow_at(project, commit)
    shared = list(dict.fromkeys([*_shared_paths(project, commit), GATE]))
    charts = project.charts()
    folders = [chart.chart_dir for chart in charts]
    parts = local_parts(project, folders, commit)
    gated = []
    for chart, folder in zip(charts, folders, strict=True):
        gated.append(GatedChart(chart.label, [*shared, folder, *sorted(parts[folder])]))
    return gated


def _shared_paths(project: Project, commit: str) -> Iterator[str]:
    """Yield the paths of what publishes every chart."""
    related = related_files(project, commit)
    yield from related
    workflows = workflows_at(project, commit)
    configurations = [*CONFIGURATIONS]
    for path in related:
        if path in workflows:
            yield from _local_actions(workflows[path])
            configurations += _named_configurations(workflows[path])
    yield from project.git.files.of_paths(commit, configurations)


def _local_actions(workflow: Workflow) -> Iterator[str]:
    """Yield the folders of the repository's own actions that a workflow uses."""
    for step in workflow.steps():
        used = str(step.get("uses", ""))
        if used.startswith("./"):
            yield posixpath.normpath(used)


def _named_configurations(workflow: Workflow) -> Iterator[str]:
    """Yield the files that the inputs of actions name."""
    for step in workflow.steps():
        inputs = as_mapping(step.get("with"))
        for name in INPUTS:
            if inputs.get(name):
                yield posixpath.normpath(str(inputs[name]))

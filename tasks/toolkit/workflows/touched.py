"""Which of several charts a change touched: by their own files, or by what publishes all."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..clients.github.pulls import PullRequest
from ..clients.helm.dependency import local_dependencies_in
from ..core.errors import BadInput, RecipeError
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project, each_chart
from .callers import related_files


@dataclass(frozen=True)
class TouchedChart:
    """A chart that a change touched: `is_changed` if the chart's files, or a part of it, did."""

    project: Project
    is_changed: bool


def covered_charts(project: Project, facts: Facts) -> list[TouchedChart]:
    """Return the charts that checks cover: those that the incident's revert touched, else all."""
    charts = [chart.sharing_reads() for chart in project.charts()]
    touched = []
    if len(charts) > 1:
        touched = reverted_charts(project, facts)
    return touched or [TouchedChart(chart, is_changed=False) for chart in charts]


def concerned_charts(project: Project, log: IncidentLog) -> list[Project]:
    """Return the charts that the incident published, else those that its revert changed."""
    charts = project.charts()
    if len(charts) == 1:
        return charts
    published = [chart for chart in each_chart(charts) if log.facts.published]
    if published:
        return published
    touched = reverted_charts(project, log.facts)
    return [chart.project for chart in touched if chart.is_changed]


def reverted_charts(project: Project, facts: Facts) -> list[TouchedChart]:
    """Return the charts that the incident's revert touched; none if there is no revert yet."""
    if facts.good_commit:
        project.git.fetch(project.default_branch)
        revert = facts.good_commit
        if facts.revert:
            revert = merged_revision(project, project.github.pulls.get(facts.revert))
        return touched_charts(project, revert)
    planned = facts.planned_merge or facts.planned_revert
    return touched_charts(project, planned) if planned else []


def charts_of_change(project: Project, pr: str, sha: str) -> list[Project]:
    """Return the only chart, or those that a pull request or a commit touched. Raises BadInput."""
    charts = project.charts()
    if len(charts) == 1:
        return charts
    if pr:
        pulls = project.github.pulls
        pull = pulls.get(pulls.parse_number(pr))
        if not pull.merge_commit:  # the revert refuses it
            return charts
        revision = merged_revision(project, pull)
    else:
        project.git.fetch(project.default_branch)
        revision = project.git.resolve(sha)
    return [chart.project for chart in touched_charts(project, revision)]


def merged_revision(project: Project, pull: PullRequest) -> str:
    """Return what a merged pull request added to its branch: a commit or a range."""
    with suppress(RecipeError):
        project.git.fetch(pull.base, f"refs/pull/{pull.number}/head")
        _, revision = project.git.history.landed(pull.merge_commit, pull.head_commit)
        return revision
    return pull.merge_commit


def touched_charts(project: Project, revision: str) -> list[TouchedChart]:
    """Return the charts that a commit or a range of the default branch touched.

    All are, if what publishes them changed, or if no chart did: then that is what may matter.
    """
    before, _, after = revision.rpartition("..")
    files = project.git.trees.differing_files(before or f"{after}^", after)
    charts = project.charts()
    changed = {chart.chart_dir for chart in charts if _has_any(chart.chart_dir, files)}
    changed |= _dependents(charts, files, after)
    is_shared = not changed or not related_files(project, after).keys().isdisjoint(files)
    touched = []
    for chart in charts:
        is_changed = chart.chart_dir in changed
        if is_changed or is_shared:
            touched.append(TouchedChart(chart, is_changed))
    return touched


def _has_any(folder: str, files: Collection[str]) -> bool:
    return folder == "." or any(file.startswith(f"{folder}/") for file in files)


def _dependents(charts: Sequence[Project], files: Collection[str], commit: str) -> set[str]:
    """Return the folders of the charts that contain, at a commit, a chart with changed files."""
    folders = []
    for chart in charts:
        folders.append(chart.chart_dir)
    parts = local_parts(charts[0], folders, commit)
    return {folder for folder in folders if any(_has_any(part, files) for part in parts[folder])}


def local_parts(project: Project, folders: Sequence[str], commit: str) -> Mapping[str, set[str]]:
    """Return, by folder, the folders of the charts that a chart contains, however deep."""
    direct: dict[str, list[str]] = {}
    new = set(folders)
    while new:
        direct |= _direct_parts(project, new, commit)
        new = {part for parts in direct.values() for part in parts} - direct.keys()
    found = {}
    for folder in folders:
        parts: set[str] = set()
        left = [*direct[folder]]
        while left:
            part = left.pop()
            if part not in parts:
                parts.add(part)
                left += direct[part]
        found[folder] = parts
    return found


def _direct_parts(project: Project, folders: Collection[str], commit: str) -> dict[str, list[str]]:
    paths = {folder: posixpath.normpath(f"{folder}/Chart.yaml") for folder in folders}
    texts = project.git.files.of_paths(commit, paths.values())
    parts = {}
    for folder, path in paths.items():
        found: list[str] = []
        with suppress(BadInput):
            found = local_dependencies_in(texts.get(path, ""), path)
        paths_inside = [posixpath.normpath(posixpath.join(folder, part)) for part in found]
        parts[folder] = [part for part in paths_inside if not part.startswith(("/", ".."))]
    return parts

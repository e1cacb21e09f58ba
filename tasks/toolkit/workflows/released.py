"""Which charts anybody can get, and which nobody has released yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import partial

from ..console.findings import join_names
from ..console.output import status
from ..console.waiting import run_parallel
from ..core.errors import AccessDenied, RecipeError
from ..incident.project import Project
from .public import public_tags
from .touched import TouchedChart


def released_charts(
    covered: Sequence[TouchedChart], failed: Collection[str] | None = None
) -> list[Project]:
    """Return charts without those that nobody has released yet, unless that is all of them.

    One that is changed counts as released, and so do those that are not among `failed`, which are
    names, if that is given.
    """
    charts = []
    doubtful = []
    for one in covered:
        charts.append(one.project)
        is_doubtful = failed is None or one.project.label in failed
        if is_doubtful and not one.is_changed:
            doubtful.append(one.project)
    if len(charts) == 1:
        return charts
    left_out = _unreleased_charts(doubtful)
    if not left_out or len(left_out) == len(charts):
        return charts
    names = join_names([chart.label for chart in left_out])
    status(f"not checked, since nobody has released them yet: {names}")
    return [chart for chart in charts if chart not in left_out]


def _unreleased_charts(charts: Sequence[Project]) -> list[Project]:
    found = run_parallel([partial(_is_unreleased, chart) for chart in charts])
    unreleased = []
    for chart, is_unreleased in zip(charts, found, strict=True):
        if is_unreleased:
            unreleased.append(chart)
    return unreleased


def _is_unreleased(project: Project) -> bool:
    """Return whether nobody gets any version of a chart, and it has no release; False if unknown.

    GHCR denies access to what does not exist.
    """
    try:
        with suppress(AccessDenied):
            if public_tags(project, project.install_reference()):
                return False
        return not project.releases.newest(1)
    except RecipeError:
        return False

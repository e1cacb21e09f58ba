"""Which of several charts the issues of a repository are about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from ..clients.github.issues import Issue
from ..core.tag_pattern import names_chart, possible_charts
from ..incident.project import Project

EPOCH = datetime.fromtimestamp(0, UTC)


def issues_since(project: Project, time: datetime) -> list[Issue]:
    """Return the open issues since a time, newest first; of several charts those about this one."""
    issues = project.github.issues
    if not project.label:
        return issues.opened_since(time)
    opened = project.ask_once("issues", partial(issues.opened_since, EPOCH))
    times = project.github.releases.listed(project.settings.poll_interval)
    charts = project.releases.charts
    recent = [issue for issue in opened if issue.created_at >= time]
    return [issue for issue in recent if is_about(issue, project.chart_name, charts, times)]


def is_about(
    issue: Issue,
    chart: str,
    charts: frozenset[str],
    times: Mapping[str, datetime | None],
) -> bool:
    """Return whether an issue names a chart; or none, but the chart was the last released before.

    `times` are those of releases by their tags.
    """
    text = f"{issue.title} {issue.body}"
    named = {one for one in charts if names_chart(text, one)}
    if named:
        return chart in named
    released = []
    for tag, time in times.items():
        if time and time <= issue.created_at:
            released.append((time, tag))
    if not released:
        return True
    _, tag = max(released)
    return chart in possible_charts(tag, charts)

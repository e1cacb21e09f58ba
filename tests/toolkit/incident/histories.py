"""Histories of tags and charts in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tasks.toolkit.clients.git.tag_list import OriginTag
from tasks.toolkit.clients.helm.chart import Chart

START = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass
class Commits:
    """What commits hold: the charts by name, and whether a workflow sets the version."""

    name: str
    charts: dict[str, dict[str, Chart]] = field(default_factory=dict)
    has_setter: bool = False

    def charts_at(self, commits: Sequence[str]) -> Mapping[str, Chart]:
        """Return the chart at each of the commits that has it."""
        held = {commit: self.charts[commit] for commit in commits}
        return {commit: charts[self.name] for commit, charts in held.items() if self.name in charts}

    def names_at(self, commit: str) -> Collection[str]:
        """Return the names of all charts at a commit."""
        return self.charts[commit]

    def sets_version(self, commit: str) -> bool:
        """Return whether a workflow gives a chart its version."""
        assert commit in self.charts
        return self.has_setter


@dataclass(frozen=True)
class Step:
    """A commit, an hour after the one before: its tags, and the versions of its charts by name.

    Those are a chart's version and its appVersion.
    """

    tags: Sequence[str]
    charts: Mapping[str, tuple[str, str]]


def make_history(
    steps: Iterable[Step], name: str, *, has_setter: bool = False
) -> tuple[list[OriginTag], Commits]:
    """Return the tags of some commits, newest first, and what the commits hold; oldest first."""
    tags = []
    commits = Commits(name, has_setter=has_setter)
    for number, step in enumerate(steps):
        commit = f"commit-{number}"
        charts = {}
        for chart, (version, app_version) in step.charts.items():
            charts[chart] = Chart(chart, version, app_version)
        commits.charts[commit] = charts
        time = START + timedelta(hours=number)
        tags += [OriginTag(tag, commit, time) for tag in step.tags]
    tags.reverse()
    return tags, commits


def tagged(name: str, *releases: tuple[str, str, str]) -> list[Step]:
    """Return a commit for each release of a chart: its tag, its version and its appVersion."""
    return [Step([tag], {name: (version, app)}) for tag, version, app in releases]

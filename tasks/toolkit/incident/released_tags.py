"""Find which of a chart's tags are releases, and the version of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ..clients.git.tag_list import OriginTag
from ..clients.github.releases import LISTED, Release
from ..clients.helm.chart import Chart
from ..core.versions import is_higher, is_prerelease
from .chart_tags import ChartTags
from .release_rule import OWN, ReleaseRule, has_version
from .rule_candidate import History
from .rule_learning import Named


def find_releases(
    own: ChartTags,
    tags: Sequence[OriginTag],
    times: Mapping[str, datetime | None],
    history: History,
    limit: int,
) -> list[Release]:
    """Return the newest releases of a chart, newest first; `times` are those on GitHub.

    The oldest are left out if there was no chart yet. So is the tag of an application: another tag
    of its commit names the chart's version.
    """
    named = own.named(tags)
    found = released_tags(named, times)[: 2 * limit]
    charts = history.charts_at([tag.commit for tag, _ in found])
    claimants: dict[str, list[ReleaseRule]] = {}
    for tag, version in named:
        if tag.commit in charts and has_version(charts[tag.commit], version):
            claimants.setdefault(tag.commit, []).append(own.rule_of(tag.name))
    releases = []
    for tag, published_at in found:
        rule = own.rule_of(tag.name)
        if rule in claimants.get(tag.commit, [rule]):
            version = rule.version_of(tag.name, charts.get(tag.commit))
            releases.append(Release(tag.name, published_at, version, tag.commit))
    while releases and releases[-1].commit not in charts:
        releases.pop()
    return releases[:limit]


def find_tag(own: ChartTags, tags: Sequence[OriginTag], version: str, history: History) -> str:
    """Return the tag that released a version of the chart, or nothing."""
    named = own.named(tags)
    charts: Mapping[str, Chart] = {}
    if any(rule.version_from == OWN for rule in own.rules):
        charts = history.charts_at([tag.commit for tag, _ in named])
    for tag, _ in named:
        rule = own.rule_of(tag.name)
        if rule.version_of(tag.name, charts.get(tag.commit)) == version:
            return tag.name
    return ""


def released_tags(
    named: Sequence[Named], times: Mapping[str, datetime | None]
) -> list[tuple[OriginTag, datetime]]:
    """Return which tags are releases, newest first, and since when.

    `times` are those of the newest releases on GitHub. A tag that has none counts if it is higher
    than every one, or older than all that are listed. Of two tags of a version one counts.
    """
    highest = _highest(version for tag, version in named if times.get(tag.name))
    oldest = min((time for time in times.values() if time), default=None)
    is_complete = len(times) < LISTED
    found: dict[str, tuple[OriginTag, datetime]] = {}
    for tag, version in named:
        time = times.get(tag.name)
        if tag.name not in times and not is_prerelease(version):
            is_unlisted = not is_complete and oldest and tag.time < oldest
            if not highest or is_higher(version, highest) or is_unlisted:
                time = tag.time
        if time:
            found.setdefault(version, (tag, time))
    return sorted(found.values(), key=lambda pair: pair[1], reverse=True)


def _highest(versions: Iterable[str]) -> str:
    highest = ""
    for version in versions:
        if not highest or is_higher(version, highest):
            highest = version
    return highest

"""Which of a chart's tags are releases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ..clients.git.tag_list import OriginTag
from ..clients.github.releases import LISTED
from ..core.versions import is_higher, is_prerelease
from .rule_learning import Named


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

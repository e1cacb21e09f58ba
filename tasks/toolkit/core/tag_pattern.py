"""How the tags of a chart's releases name its version, such as `v{version}`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from .versions import LONGEST, is_version

PLACEHOLDER = "{version}"
CHART_PLACEHOLDER = "{chart}"
MOST_TAGS = 1 << 15  # whose charts are kept
_VERSION = r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?"
_TAG = re.compile(rf"(.*?)({_VERSION})")
# Words of a prefix that say only that a tag is of a chart, and those that do not even say that.
CHART_WORDS = {"chart", "charts", "helm"}
PLAIN_WORDS = {"", "v", "release", "releases"}


@dataclass(frozen=True)
class TagPattern:
    """What stands in a tag before the version, and after it."""

    prefix: str
    suffix: str = ""

    @classmethod
    def parse(cls, text: str, chart: str) -> TagPattern:
        """Return the pattern that a setting writes, for example `{chart}-{version}`."""
        prefix, _, suffix = text.replace(CHART_PLACEHOLDER, chart).partition(PLACEHOLDER)
        return cls(prefix, suffix)

    def __str__(self) -> str:
        return self.tag_of(PLACEHOLDER)

    def tag_of(self, version: str) -> str:
        """Return the tag of a version."""
        return f"{self.prefix}{version}{self.suffix}"

    def version_of(self, tag: str) -> str:
        """Return the version that a tag names; nothing for a tag of another pattern."""
        if not tag.startswith(self.prefix) or not tag.endswith(self.suffix):
            return ""
        version = tag[len(self.prefix) : len(tag) - len(self.suffix)]
        return version if is_version(version) else ""


def split_tag(tag: str, chart: str = "") -> tuple[str, str]:
    """Return what a tag has before its version, and the version; nothing twice if it has none.

    What looks like a version in the name of the `chart` is none.
    """
    if len(tag) > LONGEST:
        return "", ""
    start = 0
    if chart:
        for name in _named(tag, chart):
            if _TAG.fullmatch(tag, name.end()):
                start = name.end()
    match = _TAG.fullmatch(tag, start)
    if not match or not is_version(match[2]):
        return "", ""
    return tag[: match.start(2)], match[2]


@lru_cache(MOST_TAGS)
def possible_charts(tag: str, charts: frozenset[str]) -> frozenset[str]:
    """Return those of a repository's charts whose name a tag may have; none if it has no name.

    That is the longest name in it. But `app-chart-1.0.0` may also be of the chart `app`.
    """
    named = [chart for chart in charts if names_chart(tag, chart)]
    longest = max(map(len, named), default=0)
    possible = set()
    for chart in named:
        prefix, _ = split_tag(tag, chart)
        if len(chart) == longest or is_exactly_for(prefix, chart):
            possible.add(chart)
    return frozenset(possible)


def names_chart(text: str, chart: str) -> bool:
    """Return whether a text has the name of a chart as a word of its own."""
    return chart in text and any(_named(text, chart))


def is_exactly_for(prefix: str, chart: str) -> bool:
    """Return whether a prefix has the chart's name, and beside it only words such as `chart`."""
    rests = (
        f"{prefix[: match.start()]}-{prefix[match.end() :]}" for match in _named(prefix, chart)
    )
    return any(is_common(rest) for rest in rests)


def is_common(prefix: str) -> bool:
    """Return whether a prefix is only such words as `v` or `chart-`."""
    return words_of(prefix) <= PLAIN_WORDS | CHART_WORDS


def words_of(prefix: str) -> set[str]:
    """Return the words of a prefix in lower case."""
    return set(re.split(r"[-_./@+]", prefix.lower()))


def _named(text: str, chart: str) -> Iterable[re.Match[str]]:
    return re.finditer(rf"(?<![A-Za-z0-9]){re.escape(chart)}(?![A-Za-z0-9])", text)

"""How the tags of a chart's releases name its version, such as `v{version}`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .versions import is_version

PLACEHOLDER = "{version}"
CHART_PLACEHOLDER = "{chart}"
_VERSION = r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?"
_TAG = re.compile(rf"(.*?)({_VERSION})")
# Words of a prefix that say only that a tag is of a chart.
_COMMON_WORDS = {"", "v", "chart", "charts", "helm", "release", "releases"}


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


def split_tag(tag: str) -> tuple[str, str]:
    """Return what a tag has before its version, and the version; nothing twice if it has none."""
    match = _TAG.fullmatch(tag)
    if not match or not is_version(match[2]):
        return "", ""
    return match[1], match[2]


def names_chart(prefix: str, chart: str) -> bool:
    """Return whether the prefix of a tag has the name of a chart as a word of its own."""
    word = rf"(?<![A-Za-z0-9]){re.escape(chart)}(?![A-Za-z0-9])"
    return bool(re.search(word, prefix))


def is_of_another_chart(prefix: str, chart: str, others: list[str]) -> bool:
    """Return whether the prefix of a tag names another chart, and not `chart` by a longer name."""
    named = [other for other in others if names_chart(prefix, other)]
    longest = max(map(len, named), default=0)
    return longest > (len(chart) if names_chart(prefix, chart) else 0)


def is_exactly_for(prefix: str, chart: str) -> bool:
    """Return whether a prefix has the chart's name, and beside it only words such as `chart`."""
    if not names_chart(prefix, chart):
        return False
    rest = prefix.replace(chart, "", 1)
    return set(re.split(r"[-_./@]", rest)) <= _COMMON_WORDS


def is_common(prefix: str) -> bool:
    """Return whether a prefix is only such words as `v` or `chart-`."""
    return set(re.split(r"[-_./@]", prefix)) <= _COMMON_WORDS

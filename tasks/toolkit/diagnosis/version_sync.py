"""Whether release, Chart.yaml and registry keep the relation that the releases before had."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..clients.github.releases import Release
from ..clients.helm.chart import Chart
from ..core.versions import is_higher, same_precedence
from ..incident.release_rule import BY_WORKFLOW, EQUAL, OWN, ReleaseRule
from .releases import PlacedChart


@dataclass(frozen=True)
class Comparison:
    """A version: where it was found, what it is, and what it should be."""

    place: str
    found: str
    expected: str

    @property
    def is_kept(self) -> bool:
        """Whether it is what it should be, with or without a v: tags of images have that too."""
        if self.found.startswith("v") != self.expected.startswith("v"):
            return False
        return same_precedence(self.found.removeprefix("v"), self.expected.removeprefix("v"))

    def difference(self, release: str) -> str:
        """Return in words what was found, and what was expected if that is not the release's."""
        text = f"{self.place} is {self.found or 'missing'}"
        if self.expected != release:
            text += f", not {self.expected}"
        return text


def compare_chart(
    rule: ReleaseRule,
    release: Release,
    chart: Chart,
    place: str,
    *,
    is_published: bool = False,
) -> list[Comparison]:
    """Return the comparisons of a chart with a release; what is published has all versions set."""
    if rule.version_from == BY_WORKFLOW and not is_published:
        return []
    compared = []
    if rule.version_from == EQUAL or is_published:
        version = chart.version.removeprefix("v")  # as that of the release is
        compared.append(Comparison(f"version {place}", version, release.version))
    app_version = rule.app_version_of(release.tag)
    if app_version and (rule.is_app_version_at_tag or is_published):
        compared.append(Comparison(f"appVersion {place}", chart.app_version, app_version))
    return compared


def compare_tip(rule: ReleaseRule, release: Release, tip: PlacedChart) -> list[Comparison]:
    """Return the comparisons of the chart on the default branch, which may be ahead.

    A version that is behind the release would be released below it.
    """
    if rule.version_from != EQUAL or is_higher(tip.chart.version, release.version):
        return []
    compared = compare_chart(rule, release, tip.chart, f"at {tip.place}")
    return [one for one in compared if not is_higher(one.found, one.expected)]


def tip_is_in_sync(rule: ReleaseRule, release: Release, tip: PlacedChart) -> bool:
    """Return whether the chart on the default branch agrees with a release, or is ahead."""
    return not differences(compare_tip(rule, release, tip), release.version)


def compare_newest(rule: ReleaseRule, release: Release, version: str) -> list[Comparison]:
    """Return the comparison of the newest version that is published.

    It may be higher if tags do not name the versions.
    """
    if rule.version_from == OWN and is_higher(version, release.version):
        return []
    return [Comparison("registry", version or "nothing", release.version)]


def differences(compared: Iterable[Comparison], release: str) -> list[str]:
    """Return in words the comparisons that differ."""
    return [one.difference(release) for one in compared if not one.is_kept]


def describe_agreement(compared: Iterable[Comparison], release: str) -> str:
    """Return in words that the comparisons agree, and on what."""
    places: dict[str, list[str]] = {}
    for one in compared:
        places.setdefault(one.expected, []).append(one.place)
    texts = []
    for version, names in places.items():
        texts.append(f"all are {version}: {', '.join(names)}")
    return "; ".join(texts) or f"nothing is compared with the release {release}"

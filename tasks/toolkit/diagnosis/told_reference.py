"""What the documents of a repository tell users to install charts from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..clients.helm.instructions import GETS_CHART
from ..clients.registry.reference import Reference
from ..core.env_entry import Entry
from ..core.tag_pattern import CHART_PLACEHOLDER
from ..workflows.chart_references import ChartReferences
from .user_references import UserReference, concerns_chart, user_references

Places = Mapping[str, Sequence[str]]  # by the reference that is told there


def chart_ref_entry(registry: str, names: Sequence[str], documents: Mapping[str, str]) -> Entry:
    """Return CHART_REF of the charts `names`, as documents tell it, where REGISTRY is known."""
    if not registry:
        return Entry("CHART_REF", "", "it follows from REGISTRY, which is not known")
    name = CHART_PLACEHOLDER
    if len(names) == 1:
        (name,) = names
    published = f"{registry}/{name}"
    written = user_references(documents)
    places = told_places(registry, names, written)
    if not places:
        source = "REGISTRY with the chart's name; no document has a helm command for it"
        return Entry("CHART_REF", published, source, derived=True)
    if len(places) > 1:
        return _disagreeing(places)
    ((reference, lines),) = places.items()
    where = _at(lines)
    if reference == published:
        source = f"REGISTRY with the chart's name, as in {where}"
        return Entry("CHART_REF", published, source, derived=True)
    source = f"users are told this in {where}; helm push does not put it there"
    return Entry("CHART_REF", reference, source)


def with_documented_registries(
    registry: Entry,
    names: Sequence[str],
    documents: Mapping[str, str],
) -> Entry:
    """Return REGISTRY, which no workflow names, with the folders that documents get charts from."""
    places: dict[str, list[str]] = {}
    for one in user_references(documents):
        if one.instruction.command not in GETS_CHART:
            continue
        folder, _, name = one.reference.oci.rpartition("/")
        if name in names:
            places.setdefault(folder, []).append(one.place)
    if not places:
        return registry
    listed = ", ".join(f"{folder} ({_at(lines)})" for folder, lines in sorted(places.items()))
    source = f"{registry.source}; users get charts from {listed}"
    return replace(registry, source=source, candidates=sorted(places))


def _disagreeing(places: Places) -> Entry:
    """Return CHART_REF where users are told several references."""
    told = []
    for reference in sorted(places):
        where = _at(places[reference])
        told.append(f"{reference} ({where})")
    listed = ", ".join(told)
    reason = f"users are told {len(told)} references: {listed}"
    return Entry("CHART_REF", "", reason, candidates=sorted(places))


def told_places(
    registry: str,
    names: Iterable[str],
    written: Iterable[UserReference],
) -> Places:
    """Return where users are told to get the charts `names` from, each with the places that do.

    Of several charts a reference that ends with the chart's name has {chart} there.
    """
    push = Reference.parse(registry)
    charts = []
    for name in names:
        published = push.with_chart(name)
        charts.append(ChartReferences(name, push, published))
    places: dict[str, list[str]] = {}
    for one in written:
        name = _chart_told(one, charts)
        if not name:
            continue
        told = one.reference.oci
        if len(charts) > 1 and told.endswith(f"/{name}"):
            told = told.removesuffix(name) + CHART_PLACEHOLDER
        places.setdefault(told, [])
        places[told].append(one.place)
    return places


def _chart_told(one: UserReference, charts: Iterable[ChartReferences]) -> str:
    """Return the name of the chart that users get by a helm command, or nothing."""
    if one.instruction.command not in GETS_CHART:
        return ""
    for chart in charts:
        if concerns_chart(one.instruction, chart):
            return chart.name
    return ""


def _at(places: Sequence[str]) -> str:
    """Return the first of several places, and how many more there are."""
    first, *more = places
    if not more:
        return first
    return f"{first} and {len(more)} more"

"""The references in the documents of a repository that users install charts from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..clients.helm.instructions import GETS_CHART
from ..clients.registry.reference import Reference
from ..core.env_entry import Entry
from ..core.tag_pattern import CHART_PLACEHOLDER
from ..workflows.chart_references import ChartReferences, concerns_chart
from .user_references import UserReference, user_references

Places = Mapping[str, Sequence[str]]  # by the reference that is written there


def chart_ref_entry(registry: str, names: Sequence[str], documents: Mapping[str, str]) -> Entry:
    """Return CHART_REF of the charts `names` as the documents name it."""
    if not registry:
        return Entry("CHART_REF", "", "it follows from REGISTRY, which was not found")
    name = CHART_PLACEHOLDER
    if len(names) == 1:
        (name,) = names
    published = f"{registry}/{name}"
    written = user_references(documents)
    places = find_documented_references(registry, names, written)
    if not places:
        source = "REGISTRY with the chart's name; no document has a helm command for it"
        return Entry("CHART_REF", published, source, derived=True)
    if len(places) > 1:
        return _report_several(places)
    ((reference, lines),) = places.items()
    where = _name_places(lines)
    if reference == published:
        source = f"REGISTRY with the chart's name, as in {where}"
        return Entry("CHART_REF", published, source, derived=True)
    source = f"documented in {where}; helm push publishes elsewhere"
    warning = f"helm push publishes at {published}, not where users install from"
    warning += "; `invoke publish.alias` puts it there too"
    return Entry("CHART_REF", reference, source, warning=warning)


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
    listed = ", ".join(
        f"{folder} ({_name_places(lines)})" for folder, lines in sorted(places.items())
    )
    source = f"{registry.source}; users get charts from {listed}"
    return replace(registry, source=source, candidates=sorted(places))


def _report_several(places: Places) -> Entry:
    """Return no CHART_REF, but the several references that the documents name."""
    listed = []
    for reference in sorted(places):
        where = _name_places(places[reference])
        listed.append(f"{reference} ({where})")
    reason = f"the documents name {len(listed)} references: {', '.join(listed)}"
    return Entry("CHART_REF", "", reason, candidates=sorted(places))


def find_documented_references(
    registry: str,
    names: Iterable[str],
    written: Iterable[UserReference],
) -> Places:
    """Return the references in helm commands of the charts `names`, each with its places.

    Of several charts a reference that ends with the chart's name has {chart} there.
    """
    push = Reference.parse(registry)
    charts = []
    for name in names:
        published = push.with_chart(name)
        charts.append(ChartReferences(name, push, published))
    places: dict[str, list[str]] = {}
    for one in written:
        name = _find_chart(one, charts)
        if not name:
            continue
        reference = one.reference.oci
        if len(charts) > 1 and reference.endswith(f"/{name}"):
            reference = reference.removesuffix(name) + CHART_PLACEHOLDER
        places.setdefault(reference, [])
        places[reference].append(one.place)
    return places


def _find_chart(one: UserReference, charts: Iterable[ChartReferences]) -> str:
    """Return the name of the chart that users get by a helm command, or nothing."""
    if one.instruction.command not in GETS_CHART:
        return ""
    for chart in charts:
        if concerns_chart(one.instruction, chart):
            return chart.name
    return ""


def _name_places(places: Sequence[str]) -> str:
    """Return the first of several places, and how many more there are."""
    first, *more = places
    if not more:
        return first
    return f"{first} and {len(more)} more"

"""The settings that the workflows of a clone tell: WORKFLOW and REGISTRY."""

from __future__ import annotations

from dataclasses import replace

from ..clients.github.publishers import NO_PUBLISHER, Publisher
from ..clients.github.workflow_calls import WORKFLOWS
from ..core.env_entry import Entry, is_valid
from .paths import join_words


def workflow_entry(publishers: list[Publisher]) -> Entry:
    """Return WORKFLOW: the only workflow that publishes charts."""
    if len(publishers) == 1:
        (only,) = publishers
        source = f"of the files in {WORKFLOWS}, {only.how}"
        return Entry("WORKFLOW", only.file, source)
    if not publishers:
        return Entry("WORKFLOW", "", NO_PUBLISHER)
    files = [publisher.file for publisher in publishers]
    reason = f"{len(files)} workflows publish charts"
    return Entry("WORKFLOW", "", reason, candidates=files)


def registry_entry(publishers: list[Publisher]) -> Entry:
    """Return REGISTRY: the only place that the workflows push charts to."""
    pushed: set[str] = set()
    for publisher in publishers:
        pushed |= publisher.pushed
    candidates = sorted(pushed)
    files = join_words(publisher.file for publisher in publishers)
    if not pushed:
        reason = "no step of a workflow pushes charts to a reference that starts with oci://"
        return Entry("REGISTRY", "", reason)
    if len(pushed) > 1:
        reason = f"{files} pushes to {len(pushed)} places"
        return Entry("REGISTRY", "", reason, candidates=candidates)
    (place,) = pushed
    if not is_valid("REGISTRY", place):
        reason = f"only a run knows what {files} pushes to"
        return Entry("REGISTRY", "", reason, candidates=candidates)
    source = f"{files} pushes there; helm appends the chart's name"
    return Entry("REGISTRY", place, source)


def with_chart_repositories(registry: Entry, files: list[str]) -> Entry:
    """Return REGISTRY, with a warning of the workflows that publish to a chart repository."""
    if not files:
        return registry
    too = " too" if registry.value or registry.candidates else ""
    warning = f"{join_words(files)} publishes to a chart repository (GitHub Pages){too}"
    return replace(registry, warning=f"{warning}: these recipes handle OCI registries only")

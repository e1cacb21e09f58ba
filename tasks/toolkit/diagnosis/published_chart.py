"""Whether the chart that users get is what the incident published, wherever they install from."""

from __future__ import annotations

from dataclasses import replace

from ..clients.helm.chart import Chart
from ..clients.registry.manifest import Manifest
from ..clients.registry.reference import Reference
from ..console.findings import Finding
from ..incident.facts import Facts
from ..incident.project import Project
from ..recovery.safeguards import differing_files, first_names
from ..workflows.public import public_archive, public_manifest

PUBLISH_NEXT = "invoke publish.all --version next"


def judge_chart(
    project: Project,
    facts: Facts,
    reference: Reference,
    chart: Chart,
    manifest: Manifest,
) -> Finding:
    """Return the finding on the chart and the manifest that anybody gets at a reference."""
    differences = chart_differences(facts, reference, chart)
    if differences:
        return Finding("chart", "failed", f"{reference}: {', '.join(differences)}", PUBLISH_NEXT)
    outcome, digest = _judge_digest(project, reference, manifest, facts.digest)
    if outcome != "passed":
        return Finding("chart", outcome, f"{reference}: {digest}", PUBLISH_NEXT)
    other = _other_content(project, facts, reference, manifest)
    if other:
        published = replace(reference, tag="")
        users = project.install_reference(facts.name)
        evidence = f"published at {published}, but users install from {users}, which has {other}"
        advice = "invoke publish.alias, since helm push appends the chart's name"
        advice += f"; or tell users {published.oci}, and set CHART_REF to it"
        return Finding("chart", "failed", evidence, advice)
    evidence = f"{reference} (app {chart.app_version or 'none'}), {digest}"
    return Finding("chart", "passed", evidence)


def chart_differences(facts: Facts, reference: Reference, chart: Chart) -> list[str]:
    """Return how the Chart.yaml that users get differs from what the incident published."""
    values = {
        "name": (chart.name, facts.name),  # a reference may end otherwise
        "version": (chart.version, reference.tag.replace("_", "+")),
        "app_version": (chart.app_version, facts.app_version),
    }
    differences = []
    for field, (value, expected) in values.items():
        if expected and value != expected:
            differences.append(f"{field} is {value!r}, not {expected!r}")
    return differences


def _judge_digest(
    project: Project,
    reference: Reference,
    manifest: Manifest,
    pushed: str,
) -> tuple[str, str]:
    """Return the outcome and the evidence of a manifest, where `pushed` is the digest to expect.

    The workflow may have packaged the same files again, to other bytes. Registries keep what was
    overwritten for some time under its digest.
    """
    if pushed in ("", manifest.digest):
        return "passed", f"{manifest.digest}, without credentials"
    digest = f"digest is {manifest.digest}, not {pushed}"
    by_digest = replace(reference, tag=pushed)
    before = public_manifest(project, by_digest)
    if before is None:
        return "unverified", f"{digest}, which is gone, so that no files can be compared"
    files = _differences(project, (by_digest, before), (reference, manifest))
    if files:
        return "failed", f"{digest}, and it differs in {first_names(files, 3)}"
    again = f"same files as {pushed}, packaged again by the workflow"
    return "passed", f"{again} (digest {manifest.digest})"


def _other_content(
    project: Project,
    facts: Facts,
    reference: Reference,
    manifest: Manifest,
) -> str:
    """Return in words what users get instead of the files of `reference`; or nothing."""
    users = project.install_reference(facts.name)
    alias = replace(users, tag=reference.tag)
    if alias == reference:
        return ""
    other = public_manifest(project, alias)
    if other is None:
        return "nothing"
    if not other.is_chart:
        return other.kind
    if other.digest == manifest.digest:
        return ""
    if _differences(project, (alias, other), (reference, manifest)):
        return "another chart"
    return ""


def _differences(
    project: Project,
    one: tuple[Reference, Manifest],
    other: tuple[Reference, Manifest],
) -> list[str]:
    """Return the files in which two charts differ, as anybody gets them. Raises ServiceError."""
    archives = []
    for reference, manifest in (one, other):
        archives.append(public_archive(project, reference, manifest))
    return differing_files(*archives)

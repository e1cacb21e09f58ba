"""The alias of a pushed chart: its manifest, published where users install from.

`helm push` appends the chart's name, so it cannot publish under every reference.
"""

from __future__ import annotations

from pathlib import Path

from ..clients.registry.reference import Reference
from ..console.output import status
from ..core.errors import BadInput, Refused
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project
from .safeguards import Publication


def needs_alias(project: Project, name: str) -> bool:
    """Return whether users install the chart `name` from elsewhere than helm pushes it to."""
    return project.install_reference(name) != project.push_reference.with_chart(name)


def ensure_alias_possible(project: Project, log: IncidentLog, overwrite: str) -> None:
    """Check before a push that the packaged chart can get its alias. Raises BadInput, Refused."""
    facts = log.facts
    if not needs_alias(project, facts.name):
        return
    pushed, target = _references(project, facts.name, facts.version)
    alias = Publication(project, target, Path(facts.archive).read_bytes())
    manifest = project.registry(pushed).manifest(pushed)
    if manifest is None or not alias.has(manifest):
        alias.ensure_overwrite_allowed(overwrite)


def publish_alias(project: Project, log: IncidentLog, overwrite: str = "") -> None:
    """Publish the pushed manifest, and so its digest, where users install from.

    Raises BadInput, Refused, ServiceError.
    """
    name = log.facts.name or project.chart.name
    version = log.facts.version or project.chart.version
    if not needs_alias(project, name):
        oci = project.install_reference(name).oci
        status(f"users install from where helm publishes, {oci}: no alias is needed", "done")
        return
    pushed, target = _references(project, name, version)
    registry = project.registry(target)
    if log.has_planned_changes:  # what a plan pushes cannot be read yet
        registry.copy(pushed, target)
        return
    manifest = registry.manifest(pushed)
    if manifest is None:
        what = f"{pushed} is not published, so {target} cannot be its alias"
        raise Refused(what, "invoke publish.all")
    alias = Publication(project, target, registry.archive(pushed, manifest))
    if alias.has(manifest):
        status(f"{target} is already published, {manifest.digest}", "done")
        log.record_skipped(Facts(alias=target.oci))
        return
    alias.back_up_tag(log, overwrite)

    def copy() -> str | None:
        return manifest.digest if registry.copy(pushed, target) else None

    with log.recording_step(reference=str(target)) as outcome:
        if alias.publish(copy):
            outcome.learn(Facts(alias=target.oci))
    log.announce(f"published {target} too, {manifest.digest}")


def _references(project: Project, name: str, version: str) -> tuple[Reference, Reference]:
    """Return where helm pushes, and where users install from. Raises BadInput for two hosts."""
    pushed = project.push_reference.with_chart(name).with_version(version)
    target = project.install_reference(name).with_version(version)
    if pushed.host != target.host:
        what = f"CHART_REF is at {target.host}, and REGISTRY at {pushed.host}"
        raise BadInput(what, "an alias needs both in one registry")
    return pushed, target

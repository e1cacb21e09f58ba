"""Publish the manifest of a pushed chart also where users install from: its alias.

`helm push` appends the chart's name, so it cannot publish under every reference.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ..clients.registry.manifest import Manifest
from ..clients.registry.reference import Reference
from ..console.output import status
from ..core.errors import BadInput, Refused
from ..core.versions import semantic_version
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.permissions import ensure_may_publish
from ..incident.project import Project
from .confirmation import push_and_confirm
from .other_operators import watch_for_others
from .package_access import warn_of_first_push
from .safeguards import Publication, ensure_overwrite_names
from .withdraw import name_published, restore_command, was_withdrawn


def needs_alias(project: Project, name: str) -> bool:
    """Return whether users install the chart `name` from elsewhere than helm pushes it to."""
    pushed = project.push_reference.with_chart(name)
    return project.install_reference(name) != pushed


def ensure_alias_possible(project: Project, log: IncidentLog, overwrite: str) -> None:
    """Check before a push that the packaged chart can get its alias. Raises BadInput, Refused."""
    facts = log.facts
    if not needs_alias(project, facts.name):
        return
    pushed, target = _references(
        project,
        facts.name,
        facts.version,
    )
    archive = Path(facts.archive).read_bytes()
    alias = Publication(project, target, archive)
    registry = project.registry(pushed)
    manifest = registry.manifest(pushed)
    if manifest is None or not alias.has(manifest):
        alias.ensure_overwrite_allowed(overwrite)


def publish_alias(
    project: Project,
    log: IncidentLog,
    overwrite: str = "",
    version: str = "",
) -> None:
    """Publish the pushed manifest of a version, and so its digest, where users install from.

    By default it is the version of the incident. Raises BadInput, Refused, ServiceError.
    """
    if version:
        semantic_version(version, "--version")
        ensure_overwrite_names(version, overwrite)
    name = log.facts.name or project.chart.name
    if not needs_alias(project, name):
        oci = project.install_reference(name).oci
        status(f"no alias is needed: users install from where helm publishes, {oci}", "done")
        return
    version = version or _default_version(project, log.facts)
    ensure_overwrite_names(version, overwrite)
    pushed, target = _references(project, name, version)
    registry = project.registry(target)
    if log.has_planned_changes:  # what a plan pushes cannot be read yet
        registry.copy(pushed, target)
        return
    manifest = registry.manifest(pushed)
    if manifest is None:
        raise _missing(project, log, pushed, target, version)
    is_of_incident = version == (log.facts.version or version)
    published = Facts(alias=target.oci) if is_of_incident else Facts()
    archive = registry.archive(pushed, manifest)
    alias = Publication(project, target, archive)
    if alias.has(manifest):
        status(f"{target} is already published, {manifest.digest}", "done")
        log.record_skipped(published)
        return
    ensure_may_publish(project, [target])
    alias.back_up_tag(log, overwrite)
    warn_of_first_push(alias)
    _publish(log, alias, pushed, manifest, published)


def _publish(
    log: IncidentLog,
    alias: Publication,
    pushed: Reference,
    manifest: Manifest,
    published: Facts,
) -> None:
    """Copy a manifest to its alias, confirm it, and record the facts."""
    copy = partial(_copy, alias, pushed, manifest.digest)
    with log.recording_step(reference=str(alias.reference)) as outcome:
        digest = push_and_confirm(alias, copy)
        if digest:
            outcome.learn(published)
    if digest:
        watch_for_others(alias, log, digest)
    log.announce(f"published {alias.reference} too, {manifest.digest}")


def _default_version(project: Project, facts: Facts) -> str:
    """Return the version of the incident, or else that of the working copy; print which."""
    if facts.version:
        return facts.version
    version = project.chart.version
    where = f"{project.chart_dir}/Chart.yaml of the working copy"
    status(f"no version was given, and this incident has none: using {version} of {where}")
    return version


def _missing(
    project: Project,
    log: IncidentLog,
    pushed: Reference,
    target: Reference,
    version: str,
) -> Refused:
    """Return the error for a version that is not published where helm pushes to."""
    what = f"{pushed} is not published, so {target} cannot be its alias"
    if was_withdrawn(project, log, version):
        return Refused(f"{what}: it was withdrawn", restore_command(version))
    advice = f"{name_published(project, [pushed])}; give one with --version, or publish it"
    return Refused(what, f"{advice}: invoke publish.all")


def _copy(alias: Publication, pushed: Reference, digest: str) -> str | None:
    """Copy what was pushed and return its digest; None if that was only planned."""
    copied = alias.registry.copy(pushed, alias.reference)
    return digest if copied else None


def _references(project: Project, name: str, version: str) -> tuple[Reference, Reference]:
    """Return where helm pushes, and where users install from. Raises BadInput for two hosts."""
    pushed = project.push_reference.with_chart(name)
    target = project.install_reference(name)
    if pushed.host != target.host:
        what = f"CHART_REF is at {target.host}, and REGISTRY at {pushed.host}"
        raise BadInput(what, "an alias needs both in one registry")
    return pushed.with_version(version), target.with_version(version)

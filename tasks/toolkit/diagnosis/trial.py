"""Read and try the chart that anybody gets, without a login.

Of one chart helm does both, as users do. A program starts in the time in which ten charts are read,
so of several charts each archive is read once, and helm only renders it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ..clients.helm.chart import NOT_A_CHART_ARCHIVE, Chart, archived_chart_file
from ..clients.registry.manifest import Manifest
from ..clients.registry.reference import Reference
from ..console.result import note_chart
from ..core.errors import ServiceError
from ..incident.facts import Facts
from ..incident.project import Project
from .releases import newest_published


def published_reference(project: Project, facts: Facts) -> Reference:
    """Return where the incident published the chart, or else where users install from."""
    if facts.reference:
        return Reference.parse(facts.reference)
    return project.install_reference(facts.name)


def find_published(project: Project, facts: Facts) -> tuple[Reference, Manifest | None]:
    """Return the reference of the incident's version, or else of the newest, and what it names.

    Raises AccessDenied, ServiceError.
    """
    find = partial(_find, project, facts)
    reference, manifest = project.ask_once(("published", project.label), find)
    if manifest:
        version = reference.tag.replace("_", "+")
        note_chart(reference=reference.oci, version=version, digest=manifest.digest)
    return reference, manifest


def _find(project: Project, facts: Facts) -> tuple[Reference, Manifest | None]:
    published = published_reference(project, facts)
    version = facts.version if facts.published else newest_published(project, published)
    reference = published.with_version(version)
    if not version:
        return reference, None
    return reference, project.registry(reference, anonymous=True).manifest(reference)


def read_chart(project: Project, reference: Reference, manifest: Manifest) -> Chart:
    """Return the chart at a reference, as `helm show chart` does. Raises RecipeError."""
    if not project.label:
        version = reference.tag.replace("_", "+")
        return project.helm.installer.show(replace(reference, tag=""), version)
    try:
        text = archived_chart_file(_archive(project, reference, manifest))
    except NOT_A_CHART_ARCHIVE as error:
        raise ServiceError(f"{reference} has no intact archive", "look at it: helm pull") from error
    return Chart.parse(text, f"{reference} in the registry")


def _archive(project: Project, reference: Reference, manifest: Manifest) -> bytes:
    registry = project.registry(reference, anonymous=True)
    read = partial(registry.archive, reference, manifest)
    return project.ask_once(("archive", project.label), read)


def try_reference(project: Project, reference: Reference) -> str:
    """Let helm get a chart and install it for trial; return what came of it, in words.

    Raises RecipeError.
    """
    settings = project.settings
    version = reference.tag.replace("_", "+")
    oci = reference.oci
    install = project.helm.installer.try_install
    return install(oci, version, settings.release_name, settings.namespace)


def try_archive(project: Project, reference: Reference, manifest: Manifest) -> str:
    """Install the archive at a reference for trial; return what came of it, in words.

    Raises RecipeError.
    """
    archive = _archive(project, reference, manifest)
    file = project.scratch / f"{manifest.digest.partition(':')[2]}.tgz"
    file.write_bytes(archive)
    settings = project.settings
    install = project.helm.installer.try_install
    try:
        return install(str(file), "", settings.release_name, settings.namespace)
    finally:
        file.unlink()

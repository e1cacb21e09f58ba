"""What anybody gets from a registry, without a login; checks of one moment read it once."""

from __future__ import annotations

from functools import partial

from ..clients.helm.chart import NOT_A_CHART_ARCHIVE, Chart, archived_chart_file
from ..clients.registry.manifest import Manifest
from ..clients.registry.reference import Reference
from ..core.errors import ServiceError
from ..incident.project import Project


def public_tags(project: Project, reference: Reference) -> list[str]:
    """Return the tags that anybody sees in a package. Raises AccessDenied, ServiceError."""

    def ask() -> list[str]:
        return project.registry(reference, anonymous=True).tags(reference) or []

    return project.ask_once(("tags", reference.oci), ask)


def public_manifest(project: Project, reference: Reference) -> Manifest | None:
    """Return what a reference names for anybody, if anything. Raises AccessDenied, ServiceError."""
    registry = project.registry(reference, anonymous=True)
    read = partial(registry.manifest, reference)
    return project.ask_once(("manifest", reference), read)


def public_archive(project: Project, reference: Reference, manifest: Manifest) -> bytes:
    """Return the archive of the chart that a manifest names. Raises AccessDenied, ServiceError."""
    registry = project.registry(reference, anonymous=True)
    read = partial(registry.archive, reference, manifest)
    return project.ask_once(("archive", reference.oci, manifest.digest), read)


def public_chart(project: Project, reference: Reference) -> Chart:
    """Return the chart at a reference, as `helm show chart` does. Raises RecipeError.

    A program starts in the time in which ten charts are read.
    """
    manifest = public_manifest(project, reference)
    if manifest is None:
        what = f"{reference} is not published"
        raise ServiceError(what, "somebody may have deleted it: run the same command again")
    try:
        archive = public_archive(project, reference, manifest)
        text = archived_chart_file(archive)
    except NOT_A_CHART_ARCHIVE as error:
        raise ServiceError(f"{reference} has no intact archive", "look at it: helm pull") from error
    return Chart.parse(text, f"{reference} in the registry")

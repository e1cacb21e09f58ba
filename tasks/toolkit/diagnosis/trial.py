"""Read and try the chart that anybody gets, without a login.

Of one chart helm does both, as users do. A program starts in the time in which ten charts are read,
so of several charts each archive is read once, and helm only renders it.
"""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import partial

from ..clients.helm.chart import Chart
from ..clients.registry.manifest import Manifest
from ..clients.registry.reference import Reference
from ..console.result import note_chart
from ..core.errors import RecipeError
from ..incident.facts import Facts
from ..incident.project import Project
from ..workflows.public import public_archive, public_chart, public_manifest
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
    return reference, public_manifest(project, reference)


def show_early(project: Project, facts: Facts) -> Chart | None:
    """Return what `helm show chart` gets of the incident's version, or else of the newest.

    That needs no answer of the registry before. None: helm has to be told the version, or does
    not show it, as of several charts. Raises RecipeError.
    """
    if project.label:
        return None
    reference = replace(published_reference(project, facts), tag="")
    show = partial(project.helm.installer.show, reference)
    if facts.published:
        return show(facts.version)
    with suppress(RecipeError):
        return show()
    return None


def read_chart(
    project: Project,
    reference: Reference,
    shown: Future[Chart | None],
) -> Chart:
    """Return the chart at a reference, as `helm show chart` does. Raises RecipeError.

    It is the one that was `shown` early, if helm took the same version.
    """
    if not project.label:
        version = reference.tag.replace("_", "+")
        early = shown.result()
        if early and early.version == version:
            return early
        return project.helm.installer.show(replace(reference, tag=""), version)
    return public_chart(project, reference)


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
    archive = public_archive(project, reference, manifest)
    file = project.scratch / f"{manifest.digest.partition(':')[2]}.tgz"
    file.write_bytes(archive)
    settings = project.settings
    install = project.helm.installer.try_install
    try:
        return install(str(file), "", settings.release_name, settings.namespace)
    finally:
        file.unlink()

"""Check that users can install the newest chart, as they could the release before."""

from __future__ import annotations

from collections.abc import Sequence

from ..clients.github.releases import Release
from ..clients.registry.reference import Reference
from ..console.findings import Finding
from ..core.errors import AccessDenied, ProgramFailed
from ..core.versions import is_breaking, is_higher
from ..incident.log import IncidentLog
from ..incident.project import Project
from .releases import highest_first, newest_published


def check_installation(project: Project, log: IncidentLog, releases: Sequence[Release]) -> Finding:
    """Check that helm renders what users get without values, as it renders the release before.

    If it renders neither, the chart needs values, so that this tells nothing; and a version that
    breaks with the ones before may need some now. Raises RecipeError.
    """
    reference = project.install_reference(log.facts.name)
    newest = newest_published(project, reference)
    if not newest:  # other checks say that
        return Finding("install", "unverified", "")
    error = _try(project, reference, newest)
    if not error:
        return Finding("install", "passed", f"{newest} can be installed without values")
    before = _version_before(newest, releases)
    if not before or _try(project, reference, before):
        evidence = f"without values, neither {newest} nor a release before can be installed"
        return Finding("install", "unverified", f"{evidence}: {error}")
    evidence = f"{newest} cannot be installed without values, though {before} can: {error}"
    if is_breaking(before, newest):
        return Finding("install", "unverified", f"{evidence}; a breaking release may need some")
    return Finding("install", "failed", evidence, "invoke when.check")


def _version_before(version: str, releases: Sequence[Release]) -> str:
    """Return the highest version of a release that is lower than a version; or nothing."""
    for release in highest_first(releases):
        if is_higher(version, release.version):
            return release.version
    return ""


def _try(project: Project, reference: Reference, version: str) -> str:
    """Return why helm cannot render a version without values; nothing if it can."""
    name = project.settings.release_name
    namespace = project.settings.namespace
    try:
        project.helm.installer.render(reference.oci, version, name, namespace)
    except (AccessDenied, ProgramFailed) as error:
        return error.what
    return ""

"""Who may read and write a package, which is set on GitHub's pages only."""

from __future__ import annotations

from contextlib import suppress

from ..clients.registry.reference import GHCR, Reference
from ..console.output import status
from ..core.errors import RecipeError
from ..incident.project import Project
from .safeguards import Publication

FIRST_PUSH = (
    "does not exist yet; GHCR makes new packages private, and one that was first pushed by hand"
    " may deny the workflow's token"
)


def settings_page(project: Project, reference: Reference) -> str:
    """Return the address of a package's settings on GitHub; nothing for another registry.

    Who may read and write it is set there by hand only, since GHCR has no API for that.
    """
    if reference.host != GHCR:
        return ""
    owner, _, package = reference.repository.partition("/")
    kind = "users"
    with suppress(RecipeError):
        kind = project.github.packages.owner_kind(owner)
    escaped = package.replace("/", "%2F")
    return f"https://github.com/{kind}/{owner}/packages/container/{escaped}/settings"


def publicity_advice(project: Project, reference: Reference) -> str:
    """Return how to make a package public."""
    page = settings_page(project, reference)
    if not page:
        return f"let anybody read {reference.oci}"
    return f"make the package public: {page}"


def access_advice(project: Project, reference: Reference) -> str:
    """Return how to let the workflow write to a package; nothing for another registry."""
    page = settings_page(project, reference)
    if not page:
        return ""
    return f"let {project.slug} write to it, under Manage Actions access: {page}"


def warn_of_first_push(publication: Publication) -> None:
    """Warn before a push that makes a package on GHCR."""
    reference = publication.reference
    if reference.host != GHCR or publication.before:
        return
    if publication.registry.tags(reference) is None:
        status(f"{reference.oci} {FIRST_PUSH}", "warning")
        advice = access_advice(publication.project, reference)
        status(f"after the push, {advice}", "next")

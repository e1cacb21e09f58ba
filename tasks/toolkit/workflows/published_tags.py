"""The tags that anybody sees in a chart's package."""

from __future__ import annotations

from ..clients.registry.reference import Reference
from ..incident.project import Project


def published_tags(project: Project, reference: Reference) -> list[str]:
    """Return the tags of a package, which are asked for once. Raises AccessDenied."""

    def ask() -> list[str]:
        return project.registry(reference, anonymous=True).tags(reference) or []

    return project.ask_once(("tags", reference.oci), ask)

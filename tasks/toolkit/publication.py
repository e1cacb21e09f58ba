"""What the registry's API does beside helm: deleting a published version."""

from __future__ import annotations

from .distribution import Unsupported
from .incident import Incident
from .reference import Reference


def delete(incident: Incident, place: Reference, digest: str) -> None:
    """Delete a version by its digest: by the registry's API, or, where it has none for that, as GHCR, by GitHub's."""
    if place.host == "ghcr.io":
        incident.github.delete_package_version(place.repository, digest)
        return
    try:
        incident.registry(place, anonymous=False).delete(place, digest)
    except Unsupported:
        incident.github.delete_package_version(place.repository, digest)

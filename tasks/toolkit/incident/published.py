"""Delete what is published, and make sure that it is gone."""

from __future__ import annotations

from ..clients.registry.reference import GHCR, Reference
from ..clients.registry.session import Unsupported
from ..console.waiting import Pending
from ..core.errors import ServiceError, TookTooLong
from .project import Project

CHECK_AGAIN = "re-run the same command: it checks the registry first"


def delete_published(project: Project, reference: Reference, digest: str) -> bool:
    """Delete a manifest and wait until it is gone; return False if that was only planned.

    On ghcr.io GitHub deletes it, since the registry's own API does not. Raises ServiceError.
    """
    if reference.host == GHCR:
        deleted = project.github.packages.delete_version(reference.repository, digest)
    else:
        deleted = _delete_from_registry(project, reference, digest)
    if deleted:
        _wait_until_gone(project, reference, digest)
    return deleted


def _delete_from_registry(project: Project, reference: Reference, digest: str) -> bool:
    try:
        return bool(project.registry(reference).delete(reference, digest))
    except Unsupported as error:
        what = f"{reference.host} does not allow deleting {reference}: {error.what}"
        advice = (
            "nothing was deleted; ask its administrator to delete it, or to allow it "
            "(docker-registry: storage.delete.enabled)"
        )
        raise ServiceError(what, advice) from error


def _wait_until_gone(project: Project, reference: Reference, digest: str) -> None:
    registry = project.registry(reference)

    def is_gone() -> bool | Pending:
        manifest = registry.manifest(reference)
        if manifest and manifest.digest == digest:
            return Pending(f"{reference} to be gone")
        return True

    try:
        project.wait(is_gone, CHECK_AGAIN)
    except TookTooLong as error:
        what = f"{reference} is still there, {digest}, although"
        raise ServiceError(f"{what} {reference.host} reported it deleted", CHECK_AGAIN) from error

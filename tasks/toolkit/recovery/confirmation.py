"""Confirm a push by what the registry shows, not by an exit code."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..clients.registry.api import Registry
from ..clients.registry.manifest import Manifest
from ..console.output import status
from ..console.waiting import Pending
from ..core.errors import AccessDenied, RecipeError, ServiceError
from ..incident.published import CHECK_AGAIN
from .package_access import publicity_advice
from .safeguards import Publication


def push_and_confirm(publication: Publication, push: Callable[[], str | None]) -> str | None:
    """Call `push`, confirm the digest that it returns, and return the one that users get.

    `push` returns None if it was only planned. If it failed, its content may be published all
    the same. Raises ServiceError that says what is published.
    """
    try:
        digest = push()
    except RecipeError as error:
        digest = _recover_from_failed_push(publication, error)
    if digest is None:
        return None
    publication.pushed_at = time.monotonic()
    try:
        published = _wait_until_shown(publication)
    except RecipeError as error:
        raise unconfirmed(publication, digest, error) from error
    return accept_published(publication, published, digest)


def unconfirmed(publication: Publication, digest: str, error: RecipeError) -> ServiceError:
    """Return the error for a push whose outcome could not be read because of `error`."""
    what = f"{publication.reference} was pushed as {digest}, but could not be confirmed"
    return ServiceError(f"{what}: {error.what}", CHECK_AGAIN)


def _recover_from_failed_push(publication: Publication, error: RecipeError) -> str:
    """Return the digest of the content if it is published. Raises ServiceError if it is not."""
    reference = publication.reference
    state = f"nothing was published at {reference}"
    try:
        published = publication.registry.manifest(reference)
        if published and publication.has_content(published):
            found = f"{reference} is published, {published.digest}"
            status(f"{error.what}; but {found}", "warning")
            return published.digest
        if published:
            state = f"{reference} is now {published.digest}, with other content"
    except RecipeError as unread:
        state = f"whether {reference} is published is unknown: {unread.what}"
    what = f"{error.what}; {state}"
    raise ServiceError(what, error.advice or CHECK_AGAIN) from error


def _wait_until_shown(publication: Publication) -> Manifest:
    """Wait until anybody gets what was pushed; for a private package, until we do."""
    project = publication.project
    reference = publication.reference
    registry = project.registry(reference, anonymous=True)
    try:
        return _wait_for(publication, registry)
    except AccessDenied:
        published = _wait_for(publication, publication.registry)
    status(f"{reference.oci} is private: users cannot install it", "warning")
    status(publicity_advice(project, reference), "next")
    return published


def _wait_for(publication: Publication, registry: Registry) -> Manifest:
    reference = publication.reference
    pending = Pending(f"{reference.host} to show {reference}", is_brief=True)

    def is_shown() -> Manifest | Pending:
        return publication.read_new(registry) or pending

    return publication.project.wait(is_shown, CHECK_AGAIN)


def accept_published(publication: Publication, published: Manifest, digest: str) -> str:
    """Return the digest that users get. Raises ServiceError if it has other content."""
    if published.digest == digest:
        return digest
    if not publication.has_content(published):
        reference = publication.reference
        what = f"{reference} has the digest {published.digest}, but {digest} was pushed"
        advice = "somebody else published it at the same moment: agree on one"
        raise ServiceError(what, f"{advice}, then publish a new version")
    same = f"the same content at the same moment, {published.digest}"
    status(f"somebody else published {same}", "warning")
    return published.digest

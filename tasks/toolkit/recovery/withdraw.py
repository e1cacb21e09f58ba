"""Taking a published version away, its bytes saved first, and putting it back."""

from __future__ import annotations

import time

from ..clients.registry.api import Manifest
from ..clients.registry.reference import GHCR, Reference
from ..clients.registry.session import Unsupported
from ..console.output import status
from ..console.waiting import Pending
from ..core.errors import BadInput, Refused, ServiceError, TookTooLong
from ..core.versions import newest_release, published_versions
from ..incident.context import Incident
from . import backup
from .push import CANNOT_TELL, confirm_pushed

# What is known of a version that this incident published, and no more once it is withdrawn.
PUBLISHED = ("digest", "reference", "alias", "version", "app_version", "packaged")


def withdraw_version(incident: Incident, version: str) -> None:
    """Save the version's bytes beside the record, and delete it wherever it stands. Raises Refused if it is needed at one of the places."""
    step, places = "publish.withdraw", incident.places(version)
    found = {
        place: manifest
        for place in places
        if (manifest := incident.registry(place, anonymous=False).manifest(place))
    }
    for place, manifest in found.items():
        _may_go(incident, place, manifest)
    folders = {
        place: backup.save_version(incident, place, manifest) for place, manifest in found.items()
    }
    for place, manifest in found.items():
        with incident.acting(step, reference=str(place), digest=manifest.digest) as learned:
            learned["saved"] = folders[place]
            delete_version(incident, place, manifest.digest)
            if incident.known.get("digest") == manifest.digest:
                learned.update(dict.fromkeys(PUBLISHED))
        if not incident.dry:
            status(
                step,
                f"deleted {place}, {manifest.digest}; its bytes are saved in {folders[place]}",
                "done",
            )
    if not found:
        nowhere = (
            f"published neither at {places[0]} nor at {places[1]}"
            if len(places) > 1
            else f"not published at {places[0]}"
        )
        away = was_withdrawn(incident, version)
        status(
            step,
            f"{version} is {nowhere}{': it was withdrawn, and its bytes are saved' if away else ''}",
            "done",
        )
        if away:
            status(step, f"to put it back: invoke publish.restore --version {version}", "next")
    elif not incident.dry:
        status(
            step,
            f"{_told(incident, version, there=False)}; to put it back: invoke publish.restore --version {version}",
            "next",
        )


def _may_go(incident: Incident, place: Reference, manifest: Manifest) -> None:
    """Raise Refused if users would be left with nothing without a version, or if another has its digest and would go with it."""
    registry, advice = (
        incident.registry(place, anonymous=False),
        "publish another first: users would be left with nothing",
    )
    rest = [tag for tag in registry.tags(place) or [] if tag != place.tag]
    if not published_versions(rest):
        raise Refused(f"{place} is the only version there", advice)
    if newest_release([place.tag]) and not newest_release(rest):
        raise Refused(f"{place} is the only release there beside pre-releases", advice)
    also = [
        tag
        for tag in rest
        if (other := registry.manifest(place.at(tag))) and other.digest == manifest.digest
    ]
    if also:
        raise Refused(
            f"{place} has the digest of {', '.join(also)}, which would go with it",
            "withdraw it by hand, if you must",
        )


def _told(incident: Incident, version: str, there: bool) -> str:
    """Return in words what users get where they are told to install from, whatever its list of tags says of the version yet."""
    told = incident.told.at(version)
    tags = [
        tag for tag in incident.registry(told, anonymous=False).tags(told) or [] if tag != told.tag
    ]
    return (
        f"users get {newest_release(tags + [told.tag] * there) or 'no release'} now at {told.oci}"
    )


def restore_version(incident: Incident, version: str) -> None:
    """Put a withdrawn version back, the same bytes under the same digest. Raises BadInput when its bytes were not saved."""
    step, missing = "publish.restore", []
    kept = [
        (place, *found)
        for place in incident.places(version)
        if (found := backup.find_saved_version(incident, place))
    ]
    if not kept:
        raise BadInput(
            f"the bytes of {version} are not in {incident.state}",
            "it was not withdrawn with these recipes, or on another machine",
        )
    for place, folder, manifest in kept:
        there = incident.registry(place, anonymous=False).manifest(place)
        if there and there.digest != manifest.digest:
            raise Refused(
                f"{place} is published meanwhile with other content, {there.digest}",
                "a published version is never overwritten",
            )
        if there:
            status(step, f"{place} is there, {there.digest}", "done")
            incident.found_done(step)
        else:
            missing.append((place, folder, manifest))
    for place, folder, manifest in missing:
        if incident.dry:
            status(
                step,
                f"{place} would be uploaded from {folder}, which takes more than commands to be pasted: it is a real run's to do",
            )
            continue
        looked = time.monotonic()
        with incident.acting(step, reference=str(place), digest=manifest.digest):
            registry = incident.registry(place, anonymous=False)
            for digest in manifest.blobs:
                registry.upload(place.repository, digest, backup.read_blob(folder, digest))
            registry.put(place, manifest)
            confirm_pushed(
                incident, step, place, manifest.digest, looked, registry.archive(place, manifest)
            )
        status(step, f"restored {place}, {manifest.digest}", "done")
    if missing and not incident.dry:
        status(step, _told(incident, version, there=True))


def was_withdrawn(incident: Incident, version: str) -> bool:
    """Tell whether a version that is not published was taken away on purpose: its bytes are saved."""
    return any(backup.find_saved_version(incident, place) for place in incident.places(version))


def delete_version(incident: Incident, place: Reference, digest: str) -> None:
    """Delete a version by its digest, and look until it is gone: by the registry's API, or on GHCR, which has none for that, by GitHub's.

    Raises ServiceError, also for another registry that deletes nothing: only what is at GHCR is GitHub's to delete.
    """
    registry = incident.registry(place, anonymous=False)
    if place.host == GHCR:
        incident.github.delete_package_version(place.repository, digest)
    elif incident.dry:
        incident.commands.plan.add(registry.curl("DELETE", place.repository, f"manifests/{digest}"))
    else:
        try:
            registry.delete(place, digest)
        except Unsupported as error:
            advice = "nothing was deleted: let its administrator allow it (docker-registry: storage.delete.enabled), or delete it"
            raise ServiceError(
                f"{place.host} lets nobody delete {place}: {error.what}", advice
            ) from error
    if incident.dry:
        return

    def gone() -> bool | Pending:
        found = registry.manifest(place)
        return not found or found.digest != digest or Pending(f"{place} to be gone")

    try:
        incident.wait("registry", gone, CANNOT_TELL)
    except TookTooLong as error:
        raise ServiceError(
            f"{place} is still there, {digest}, although {place.host} said that it deleted it",
            CANNOT_TELL,
        ) from error

"""Taking a published version away, its bytes saved first, and putting it back."""

from __future__ import annotations

import json
import time
from pathlib import Path

from .distribution import Unsupported
from .errors import BadInput, Refused
from .incident import Incident
from .publication import look_again
from .reference import Reference, newest
from .registry import Manifest, digest_of
from .screen import command, say


def withdraw(incident: Incident, version: str) -> None:
    """Save the version's bytes beside the record, and delete it wherever it stands. Raises Refused for the only version."""
    step, found, places = "publish.withdraw", 0, incident.places(version)
    for place in places:
        registry = incident.registry(place, anonymous=False)
        manifest = registry.manifest(place)
        if not manifest:
            continue
        found += 1
        rest = [tag for tag in registry.tags(place) or [] if tag != place.tag]
        if not newest(rest):
            raise Refused(f"{place} is the only version there", "publish another first: users would be left with nothing")
        also = [tag for tag in rest if (other := registry.manifest(place.at(tag))) and other.digest == manifest.digest]
        if also:
            raise Refused(f"{place} has the digest of {', '.join(also)}, which would go with it", "withdraw it by hand, if you must")
        with incident.acting(step, reference=str(place), digest=manifest.digest) as learned:
            learned["saved"] = "" if incident.dry else str(_save(incident, place, manifest))
            delete(incident, place, manifest.digest)
        if not incident.dry:
            say(step, f"deleted {place}, {manifest.digest}; its bytes are saved in {learned['saved']}", "done")
            say(step, f"users get {newest(rest)} now; to put it back: invoke publish.restore --version {version}", "next")
    if not found:
        nowhere = f"published neither at {places[0]} nor at {places[1]}" if len(places) > 1 else f"not published at {places[0]}"
        withdrawn = any(_find(incident, place) for place in places)
        say(step, f"{version} is {nowhere}{': it was withdrawn, and its bytes are saved' if withdrawn else ''}", "done")
        if withdrawn:
            say(step, f"to put it back: invoke publish.restore --version {version}", "next")


def restore(incident: Incident, version: str) -> None:
    """Put a withdrawn version back, the same bytes under the same digest. Raises BadInput when its bytes were not saved."""
    step = "publish.restore"
    saved = [(place, *found) for place in incident.places(version) if (found := _find(incident, place))]
    if not saved:
        raise BadInput(
            f"the bytes of {version} are not in {incident.state}", "it was not withdrawn with these recipes, or on another machine"
        )
    for place, folder, manifest in saved:
        registry = incident.registry(place, anonymous=False)
        there = registry.manifest(place)
        if there and there.digest != manifest.digest:
            raise Refused(f"{place} is published meanwhile with other content, {there.digest}", "a published version is never overwritten")
        if there:
            say(step, f"{place} is there, {there.digest}", "done")
            incident.found_done(step)
            continue
        if incident.dry:
            command(f"# {place} is uploaded from {folder}")
            continue
        looked = time.monotonic()
        with incident.acting(step, reference=str(place), digest=manifest.digest):
            for digest in manifest.blobs:
                registry.upload(place.repository, digest, (folder / digest.replace(":", "-")).read_bytes())
            registry.put(place, manifest)
            look_again(incident, step, place, manifest.digest, looked, registry.archive(place, manifest))
        say(step, f"restored {place}, {manifest.digest}", "done")


def withdrawn(incident: Incident, version: str) -> bool:
    """Tell whether a version that is not published was taken away on purpose: its bytes are saved."""
    return any(_find(incident, place) for place in incident.places(version))


def delete(incident: Incident, place: Reference, digest: str) -> None:
    """Delete a version by its digest: by the registry's API, or, where it has none for that, as GHCR, by GitHub's."""
    registry = incident.registry(place, anonymous=False)
    if place.host == "ghcr.io":
        incident.github.delete_package_version(place.repository, digest)
    elif incident.dry:
        command(registry.curl("DELETE", place.repository, f"manifests/{digest}"))
    else:
        try:
            registry.delete(place, digest)
        except Unsupported:
            incident.github.delete_package_version(place.repository, digest)


def _folder(place: Reference) -> str:
    return f"withdrawn-{place.repository.replace('/', '_')}-{place.tag}"


def _save(incident: Incident, place: Reference, manifest: Manifest) -> Path:
    """Write a version's manifest and blobs, each checked against its digest, and return the folder."""
    registry, folder = incident.registry(place, anonymous=False), incident.archives / _folder(place)
    folder.mkdir(mode=0o700, exist_ok=True)
    for digest in manifest.blobs:
        (folder / digest.replace(":", "-")).write_bytes(registry.blob(place.repository, digest))
    (folder / "manifest.json").write_text(json.dumps({"body": manifest.body.decode(), "kind": manifest.kind}), encoding="utf-8")
    return folder


def _find(incident: Incident, place: Reference) -> tuple[Path, Manifest] | None:
    """Return the newest folder that holds a withdrawn version whole, and its manifest."""
    for folder in sorted(incident.state.glob(f"*/{_folder(place)}"), reverse=True):
        try:
            about = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            manifest = Manifest(about["body"].encode(), about["kind"])
            if all(digest_of((folder / digest.replace(":", "-")).read_bytes()) == digest for digest in manifest.blobs):
                return folder, manifest
        except (OSError, ValueError, KeyError):
            continue
    return None

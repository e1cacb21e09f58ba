"""The bytes of a version that was withdrawn, beside the record: its manifest, and each blob under its digest.

<incident>/withdrawn-<repository>-<tag>/manifest.json     {"body": the manifest as served, "kind": its media type}
                                       /sha256-...        a blob
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from ..clients.registry.api import Manifest, digest_of
from ..clients.registry.reference import Reference
from ..incident.context import Incident


def save_version(incident: Incident, place: Reference, manifest: Manifest) -> str:
    """Write a version's manifest and blobs, each checked against its digest, and return the folder."""
    registry, folder = incident.registry(place, anonymous=False), incident.archives / _folder(place)
    if incident.dry:
        return _plan(incident, place, manifest, str(folder))
    folder.mkdir(mode=0o700, exist_ok=True)
    for digest in manifest.blobs:
        (folder / _file(digest)).write_bytes(registry.blob(place.repository, digest))
    (folder / "manifest.json").write_text(_text(manifest), encoding="utf-8")
    return str(folder)


def _plan(incident: Incident, place: Reference, manifest: Manifest, folder: str) -> str:
    registry, to = incident.registry(place, anonymous=False), shlex.quote(folder)
    incident.commands.plan.add(f"mkdir -p -m 700 {to}")
    for digest in manifest.blobs:
        incident.commands.plan.add(
            f"{registry.curl('GET', place.repository, f'blobs/{digest}', '--location')} > {to}/{_file(digest)}"
        )
    incident.commands.plan.add(f"printf %s {shlex.quote(_text(manifest))} > {to}/manifest.json")
    return folder


def find_saved_version(incident: Incident, place: Reference) -> tuple[Path, Manifest] | None:
    """Return the newest folder that holds a withdrawn version whole, and its manifest."""
    for folder in sorted(incident.state.glob(f"*/{_folder(place)}"), reverse=True):
        try:
            about = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            manifest = Manifest(about["body"].encode(), about["kind"])
            if all(digest_of(read_blob(folder, digest)) == digest for digest in manifest.blobs):
                return folder, manifest
        except (OSError, ValueError, KeyError):
            continue
    return None


def read_blob(folder: Path, digest: str) -> bytes:
    """Return a blob that was saved."""
    return (folder / _file(digest)).read_bytes()


def _folder(place: Reference) -> str:
    return f"withdrawn-{place.repository.replace('/', '_')}-{place.tag}"


def _file(digest: str) -> str:
    return digest.replace(":", "-")


def _text(manifest: Manifest) -> str:
    return json.dumps({"body": manifest.body.decode(), "kind": manifest.kind})

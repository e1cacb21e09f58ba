"""A manifest and its blobs, as a folder keeps them.

<folder>/manifest.json   {"body": the manifest as served, "kind": its media type}
<folder>/sha256-...      a blob, named by its digest
"""

from __future__ import annotations

import json
from pathlib import Path

from ...core.errors import BadInput
from .manifest import (
    LARGEST_BLOB,
    LARGEST_MANIFEST,
    MalformedManifest,
    Manifest,
    digest_of,
)

FILE = "manifest.json"
RESTORE_IT = "restore that folder from a copy, or publish another version: --version next"


def saved_text(manifest: Manifest) -> str:
    """Return what `manifest.json` contains."""
    content = {
        "body": manifest.body.decode(),
        "kind": manifest.media_type,
    }
    return json.dumps(content)


def saved_blob(folder: Path, digest: str) -> Path:
    """Return the file of a blob."""
    return folder / digest.replace(":", "-")


def read_saved_blob(folder: Path, digest: str) -> bytes:
    """Return a blob, checked against its digest. Raises BadInput."""
    file = saved_blob(folder, digest)
    blob = _read(file, LARGEST_BLOB)
    if digest_of(blob) != digest:
        raise BadInput(f"{file} is damaged: it has another digest", RESTORE_IT)
    return blob


def read_saved(folder: Path) -> Manifest:
    """Return the manifest that a folder keeps, if that is a chart's and all its blobs are intact.

    Raises BadInput.
    """
    file = folder / FILE
    text = _read(file, 3 * LARGEST_MANIFEST)
    try:
        saved = json.loads(text)
        manifest = Manifest(saved["body"].encode(), saved["kind"])
        manifest.check()
    except MalformedManifest as error:
        raise BadInput(f"{file} is damaged: {error}", RESTORE_IT) from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(f"{file} is damaged: it holds no manifest", RESTORE_IT) from error
    if not manifest.is_chart:
        raise BadInput(f"{file} is {manifest.kind}, not a chart", RESTORE_IT)
    for digest in manifest.blobs:
        read_saved_blob(folder, digest)
    return manifest


def _read(file: Path, most_bytes: int) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(most_bytes + 1)
    except OSError as error:
        raise BadInput(f"{file} could not be read ({error.strerror})", RESTORE_IT) from error
    if len(content) > most_bytes:
        raise BadInput(f"{file} is larger than {most_bytes >> 20} MiB", RESTORE_IT)
    return content

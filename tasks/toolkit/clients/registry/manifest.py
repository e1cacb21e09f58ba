"""A manifest and its blobs, as a registry serves them and as a folder keeps them.

<folder>/manifest.json   {"body": the manifest as served, "kind": its media type}
<folder>/sha256-...      a blob, named by its digest
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DIGEST = r"sha256:[0-9a-f]{64}"
CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"


@dataclass(frozen=True)
class Manifest:
    """A manifest as the registry serves it: its `body` and its media type."""

    body: bytes
    media_type: str

    @property
    def digest(self) -> str:
        """The digest by which the registry knows it."""
        return digest_of(self.body)

    @property
    def blobs(self) -> list[str]:
        """The digests of its config and layers."""
        content = json.loads(self.body)
        config = content.get("config")
        parts = [config, *self._layers]
        return [part["digest"] for part in parts if part]

    @property
    def chart_layer(self) -> str:
        """The digest of the layer that is the chart's archive, or "" if there is none."""
        for layer in self._layers:
            if layer.get("mediaType") == CHART_LAYER:
                return str(layer["digest"])
        return ""

    @property
    def _layers(self) -> list[dict[str, Any]]:
        content = json.loads(self.body)
        return list(content.get("layers", []))


def digest_of(body: bytes) -> str:
    """Return the digest of bytes.

    https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
    """
    hashed = hashlib.sha256(body)
    return f"sha256:{hashed.hexdigest()}"


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


def read_saved(folder: Path) -> Manifest | None:
    """Return the manifest that a folder keeps, or None unless it and all its blobs are intact."""
    try:
        text = (folder / "manifest.json").read_text(encoding="utf-8")
        saved = json.loads(text)
        manifest = Manifest(saved["body"].encode(), saved["kind"])
        for digest in manifest.blobs:
            if not re.fullmatch(DIGEST, digest):  # it names a file
                return None
            blob = saved_blob(folder, digest).read_bytes()
            if digest_of(blob) != digest:
                return None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return manifest

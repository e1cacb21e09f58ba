"""The manifest of a chart, as `helm push` makes it."""

from __future__ import annotations

import json

from tasks.toolkit.clients.registry.manifest import CHART_LAYER, MANIFEST, Manifest, digest_of

CONFIG = b"{}"


def chart_manifest(archive: bytes) -> Manifest:
    """Return the manifest of a chart's archive, whose config is CONFIG."""
    layer = {
        "mediaType": CHART_LAYER,
        "digest": digest_of(archive),
        "size": len(archive),
    }
    content = {
        "config": {"digest": digest_of(CONFIG)},
        "layers": [layer],
    }
    body = json.dumps(content).encode()
    return Manifest(body, MANIFEST)

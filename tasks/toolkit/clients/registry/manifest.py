"""What a tag names: a manifest, as a registry serves it; a chart's, or another one."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
KINDS = {  # what a tag may name, by media type; only a MANIFEST may be a chart
    MANIFEST: "a container image",
    "application/vnd.oci.image.index.v1+json": "an image index",
    "application/vnd.oci.artifact.manifest.v1+json": "an artifact",
    "application/vnd.docker.distribution.manifest.v2+json": "a container image",
    "application/vnd.docker.distribution.manifest.list.v2+json": "a list of container images",
    "application/vnd.docker.distribution.manifest.v1+json": "a container image",
    "application/vnd.docker.distribution.manifest.v1+prettyjws": "a container image",
}
CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
CREATED = "org.opencontainers.image.created"
DIGEST = re.compile(r"sha\d+:[0-9a-f]{64,128}")
LARGEST_MANIFEST = 4 << 20  # bytes, as registries have it
LARGEST_BLOB = 100 << 20


class MalformedManifest(ValueError):
    """A manifest does not have the shape of its media type; the message says what is wrong."""


@dataclass(frozen=True)
class Manifest:
    """A manifest as the registry serves it: its `body` and its media type, one of KINDS."""

    body: bytes
    media_type: str

    def check(self) -> None:
        """Check the media type, and that a manifest of one image or chart has its parts.

        Raises MalformedManifest.
        """
        if self.media_type not in KINDS:
            raise MalformedManifest(f"the Content-Type {shown(self.media_type)} is no manifest's")
        named = self._content.get("mediaType", self.media_type)
        if named != self.media_type:
            raise MalformedManifest(f"{self.media_type} has the mediaType {shown(named)}")
        if self.media_type != MANIFEST:
            return
        layers = self._content.get("layers")
        config = self._content.get("config")
        parts = [config] if config else []
        if not isinstance(layers, list) or not all(map(_has_digest, parts + layers)):
            raise MalformedManifest("its config and layers are not named by digests")

    @property
    def digest(self) -> str:
        """The digest by which the registry knows it."""
        return digest_of(self.body)

    @property
    def blobs(self) -> list[str]:
        """The digests of its config and layers."""
        config = self._content.get("config")
        parts = [config, *self._layers]
        return [part["digest"] for part in parts if part]

    @property
    def chart_layer(self) -> str:
        """The digest of the layer that is the chart's archive, or "" if there is none."""
        if self.media_type != MANIFEST or "manifests" in self._content:
            return ""
        for layer in self._layers:
            if layer.get("mediaType") == CHART_LAYER:
                return str(layer["digest"])
        return ""

    @property
    def created_at(self) -> datetime | None:
        """When it was made, as helm notes when it pushes, in UTC; None if it does not say."""
        annotations = self._content.get("annotations")
        if not isinstance(annotations, dict):
            return None
        with suppress(ValueError, OverflowError):
            time = datetime.fromisoformat(str(annotations.get(CREATED, "")))
            if time.tzinfo:
                return time.astimezone(UTC)
        return None

    @property
    def is_chart(self) -> bool:
        """Whether it is a chart's."""
        return bool(self.chart_layer)

    @property
    def kind(self) -> str:
        """What it is, in words, with an article."""
        if self.is_chart:
            return "a chart"
        if self.media_type != MANIFEST:
            return KINDS[self.media_type]
        config = self._content.get("config") or {}
        config_type = config.get("mediaType", IMAGE_CONFIG)
        if config_type == IMAGE_CONFIG:
            return KINDS[MANIFEST]
        return f"an artifact of the type {shown(config_type)}"

    @cached_property
    def _content(self) -> dict[str, Any]:
        try:
            content = json.loads(self.body.decode())
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise MalformedManifest("it is not a JSON object")
        return content

    @property
    def _layers(self) -> list[dict[str, Any]]:
        if self.media_type != MANIFEST:
            return []
        return list(self._content.get("layers", []))


def _has_digest(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    digest = str(part.get("digest"))
    return bool(DIGEST.fullmatch(digest))


def shown(text: object) -> str:
    """Return foreign text as a short literal, whatever characters it has."""
    return ascii(str(text)[:100])


def digest_of(body: bytes) -> str:
    """Return the digest of bytes.

    https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
    """
    hashed = hashlib.sha256(body)
    return f"sha256:{hashed.hexdigest()}"

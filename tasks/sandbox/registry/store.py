"""The content of a registry, in memory."""

from __future__ import annotations

import hashlib
import threading
from collections import ChainMap, defaultdict
from dataclasses import dataclass, field


@dataclass
class Repository:
    """Blobs by digest, manifests as (media type, content) by digest, and digests by tag."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def resolve(self, reference: str) -> str:
        """Return the digest of a tag; a digest is returned unchanged."""
        return self.tags.get(reference, reference)


class Store:
    """All repositories, by name; `lock` guards them."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.repositories = defaultdict[str, Repository](Repository)

    def snapshot(self) -> dict[str, dict[str, str]]:
        """Return the digests by repository and tag, of all repositories with a manifest."""
        with self.lock:
            repositories = self.repositories.items()
            return {name: dict(found.tags) for name, found in repositories if found.manifests}

    def tags(self, repository: str) -> dict[str, str]:
        """Return the digests by tag; none for an unknown repository."""
        return self.snapshot().get(repository, {})

    def manifest(self, repository: str, reference: str) -> bytes:
        """Return the manifest with a tag or digest. Raises KeyError."""
        with self.lock:
            found = self.repositories[repository]
            return found.manifests[found.resolve(reference)][1]

    def blob(self, digest: str) -> bytes:
        """Return a blob from any repository. Raises KeyError."""
        with self.lock:
            return ChainMap(*(found.blobs for found in self.repositories.values()))[digest]

    def remove(self, repository: str, digest: str) -> None:
        """Remove a manifest and its tags. Raises KeyError."""
        with self.lock:
            found = self.repositories[repository]
            del found.manifests[digest]
            found.tags = {tag: other for tag, other in found.tags.items() if other != digest}


def digest_of(content: bytes) -> str:
    """Return the digest of some bytes, as `sha256:` and 64 hex digits."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"

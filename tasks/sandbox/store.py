"""What a registry holds: blobs, manifests and tags, by repository, in memory."""

from __future__ import annotations

import hashlib
import threading
from collections import ChainMap, defaultdict


class Store:
    """Everything that was put in; a manifest is kept with its media type, and a tag names its digest."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._blobs, self._tags = defaultdict[str, dict[str, bytes]](dict), defaultdict[str, dict[str, str]](dict)
        self._manifests = defaultdict[str, dict[str, tuple[str, bytes]]](dict)

    def snapshot(self) -> dict[str, dict[str, str]]:
        """Return the digests by repository and tag, of all repositories that hold a manifest."""
        with self._lock:
            return {name: dict(self._tags[name]) for name, held in self._manifests.items() if held}

    def tags(self, repository: str) -> dict[str, str]:
        """Return the digests by tag; none for an unknown repository."""
        return self.snapshot().get(repository, {})

    def manifest(self, repository: str, reference: str) -> bytes:
        """Return the manifest under a tag or digest. Raises KeyError."""
        with self._lock:
            return self._manifests[repository][self._tags[repository].get(reference, reference)][1]

    def blob(self, digest: str) -> bytes:
        """Return a blob, whichever repository holds it. Raises KeyError."""
        with self._lock:
            return ChainMap(*self._blobs.values())[digest]

    def remove(self, repository: str, digest: str) -> None:
        """Remove a manifest and its tags. Raises KeyError."""
        with self._lock:
            del self._manifests[repository][digest]
            self._tags[repository] = {tag: held for tag, held in self._tags[repository].items() if held != digest}


def digest_of(content: bytes) -> str:
    """Return the digest by which a registry knows these bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"

"""The content of a registry, in memory."""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict

Tags = dict[str, str]  # digests by tag
StoredManifest = tuple[str, bytes]  # media type and content


class Repository:
    """Blobs and manifests by digest, and digests by tag."""

    def __init__(self) -> None:
        self.blobs = dict[str, bytes]()
        self.manifests = dict[str, StoredManifest]()
        self.tags = Tags()

    def resolve(self, reference: str) -> str:
        """Return the digest of a tag; a digest is returned unchanged."""
        return self.tags.get(reference, reference)


class Store:
    """All repositories by name, and what was received of `uploads` by id; `lock` guards them."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.uploads = dict[str, bytes]()
        self.repositories = defaultdict[str, Repository](Repository)

    def snapshot(self) -> dict[str, Tags]:
        """Return the tags of all repositories with a manifest."""
        tags = {}
        with self.lock:
            for name, repository in self.repositories.items():
                if repository.manifests:
                    tags[name] = dict(repository.tags)
        return tags

    def tags(self, repository: str) -> Tags:
        """Return the digests by tag; none for an unknown repository."""
        return self.snapshot().get(repository, {})

    def manifest(self, repository: str, reference: str) -> bytes:
        """Return the manifest with a tag or digest. Raises KeyError."""
        with self.lock:
            found = self.repositories[repository]
            digest = found.resolve(reference)
            _, content = found.manifests[digest]
            return content

    def blob(self, digest: str) -> bytes:
        """Return a blob from any repository. Raises KeyError."""
        with self.lock:
            for repository in self.repositories.values():
                if digest in repository.blobs:
                    return repository.blobs[digest]
        raise KeyError(digest)

    def remove(self, repository: str, digest: str) -> None:
        """Remove a manifest and its tags. Raises KeyError."""
        with self.lock:
            found = self.repositories[repository]
            del found.manifests[digest]
            kept = {}
            for tag, tagged in found.tags.items():
                if tagged != digest:
                    kept[tag] = tagged
            found.tags = kept


def digest_of(content: bytes) -> str:
    """Return the digest of some bytes, as `sha256:` and 64 hex digits."""
    hashed = hashlib.sha256(content)
    return f"sha256:{hashed.hexdigest()}"

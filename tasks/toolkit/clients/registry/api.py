"""The registry's API, for what helm does not do: see what a tag names, and copy, save or delete it.

An unclear answer is an error, never an absence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ...core.errors import Refused, ServiceError
from ..dry_run import Action, Executor
from . import curl
from .connections import RegistryResponse
from .manifest import MANIFEST, Manifest, digest_of, saved_blob, saved_text
from .reference import Reference
from .session import TRY_AGAIN, RegistrySession, parse_json
from .writes import begin_upload, delete_manifest, put_manifest, upload_blob

__all__ = ["MANIFEST", "Manifest", "Registry", "digest_of"]
ANY_STATUS = range(100, 600)
DIGEST = r"sha\d+:[0-9a-f]{64,128}"


class Registry:
    """One registry. A change raises ServiceError; it returns None if a dry run only showed it."""

    def __init__(self, session: RegistrySession, executor: Executor) -> None:
        self._session = session
        self._executor = executor

    def manifest(self, reference: Reference) -> Manifest | None:
        """Return the manifest that the tag names, or None if there certainly is none.

        Raises AccessDenied, ServiceError.
        """
        path = f"manifests/{reference.tag}"
        response = self._get(reference.repository, path, str(reference), {"Accept": MANIFEST})
        if response is None:
            return None
        if not _has_digests(parse_json(response, str(reference))):
            raise ServiceError(f"{reference} is not a chart", "look at it with `helm show chart`")
        return Manifest(response.body, response.headers.get("content-type", MANIFEST))

    def blob(self, repository: str, digest: str) -> bytes:
        """Return a blob, checked against its digest. Raises AccessDenied, ServiceError."""
        response = self._get(repository, f"blobs/{digest}")
        if response is None or digest_of(response.body) != digest:
            what = f"{self._session.host}/{repository} does not return {digest} intact"
            raise ServiceError(what, "run the same command again; if that fails, it is corrupt")
        return response.body

    def archive(self, reference: Reference, manifest: Manifest) -> bytes:
        """Return the chart's archive, checked against its digest. Raises ServiceError."""
        if not manifest.chart_layer:
            raise ServiceError(f"{reference} contains no chart", "look at it with `helm pull`")
        return self.blob(reference.repository, manifest.chart_layer)

    def tags(self, reference: Reference) -> list[str] | None:
        """Return every tag of the repository, or None if there is no such repository.

        Raises AccessDenied, ServiceError.
        """
        tags: list[str] = []
        last = ""
        while True:
            page = self._tags_after(last, reference)
            if page is None:
                return tags or None
            if not page or page[-1] == last:
                return tags
            tags += page
            last = page[-1]

    def _tags_after(self, last: str, reference: Reference) -> list[str] | None:
        query = {"n": "1000"}
        if last:
            query["last"] = last
        response = self._get(reference.repository, f"tags/list?{urlencode(query)}")
        if response is None:
            return None
        tags = parse_json(response, reference.oci).get("tags", 0)
        if tags is None:  # registries written in Go have null for none
            return []
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            what = f"{reference.oci}: the registry's answer is not a list of tags"
            raise ServiceError(what, TRY_AGAIN)
        return tags

    def _get(
        self, repository: str, path: str, what: str = "", headers: Mapping[str, str] | None = None
    ) -> RegistryResponse | None:
        response = self._session.send(
            "GET", repository, path, (200, 404), what=what, headers=headers
        )
        return None if response.status == 404 else response

    def ensure_may_push(self, repository: str) -> None:
        """Begin an upload and cancel it. Raises AccessDenied, ServiceError."""
        location = begin_upload(self._session, repository)
        self._session.send("DELETE", repository, location, ANY_STATUS)

    def put_manifest(self, reference: Reference, manifest: Manifest) -> bool | None:
        """Let the tag name the manifest, whose blobs are there."""
        plan = partial(curl.put_manifest_lines, self._session, reference, manifest)
        return self._change(plan, partial(put_manifest, self._session, reference, manifest))

    def delete(self, reference: Reference, digest: str) -> bool | None:
        """Delete a manifest and all its tags; it is no error if it is gone. Raises Unsupported."""
        plan = partial(curl.delete_lines, self._session, reference, digest)
        return self._change(plan, partial(delete_manifest, self._session, reference, digest))

    def copy(self, source: Reference, target: Reference) -> bool | None:
        """Let the tag of `target` name the manifest of `source`. Raises Refused if that is gone."""
        plan = partial(curl.copy_lines, self._session, source, target)
        return self._change(plan, partial(self._copy, source, target))

    def save(self, reference: Reference, manifest: Manifest, folder: Path) -> bool | None:
        """Write a manifest and its blobs into a folder, see manifest.py. Raises OSError."""
        plan = partial(curl.save_lines, self._session, reference, manifest, folder)
        return self._change(plan, partial(self._save, reference, manifest, folder))

    def upload_saved(self, reference: Reference, manifest: Manifest, folder: Path) -> bool | None:
        """Upload the saved blobs of a manifest, and let the tag name it. Raises OSError.

        A plan does not show it: it takes more than commands to paste.
        """
        return self._executor.quietly(partial(self._upload_saved, reference, manifest, folder))

    def _change(self, plan: Callable[[], list[str]], run: Callable[[], None]) -> bool | None:
        """Make a change; the lines of its plan take requests, so only a dry run asks for them."""

        def run_and_confirm() -> bool:
            run()
            return True

        lines = plan() if self._executor.dry_run else []
        return self._executor.perform(Action(lines, run_and_confirm))

    def _copy(self, source: Reference, target: Reference) -> None:
        manifest = self.manifest(source)
        if not manifest:
            raise Refused(f"{source} is not published, so {target} cannot be", "invoke publish.all")
        for digest in manifest.blobs:
            location = begin_upload(self._session, target.repository, digest, source.repository)
            if location:  # the registry did not mount the blob
                blob = self.blob(source.repository, digest)
                upload_blob(self._session, target.repository, digest, blob, location)
        put_manifest(self._session, target, manifest)

    def _save(self, reference: Reference, manifest: Manifest, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        for digest in manifest.blobs:
            saved_blob(folder, digest).write_bytes(self.blob(reference.repository, digest))
        (folder / "manifest.json").write_text(saved_text(manifest), encoding="utf-8")

    def _upload_saved(self, reference: Reference, manifest: Manifest, folder: Path) -> bool:
        for digest in manifest.blobs:
            blob = saved_blob(folder, digest).read_bytes()
            location = begin_upload(self._session, reference.repository)
            upload_blob(self._session, reference.repository, digest, blob, location)
        put_manifest(self._session, reference, manifest)
        return True


def _has_digests(manifest: dict[str, Any]) -> bool:
    """Return whether a manifest has layers, and each layer and the config has a digest."""
    layers = manifest.get("layers")
    if not isinstance(layers, list):
        return False
    parts = [*layers]
    if manifest.get("config"):
        parts.append(manifest["config"])
    return all(_has_digest(part) for part in parts)


def _has_digest(part: Any) -> bool:
    return isinstance(part, dict) and bool(re.fullmatch(DIGEST, str(part.get("digest"))))

"""The registry's API, for what helm does not do: see what a tag names, and copy, save or delete it.

An unclear answer is an error, never an absence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...core.errors import ServiceError
from ..dry_run import Action, Executor
from . import curl, reads, writes
from .manifest import MANIFEST, Manifest, digest_of
from .reference import Reference
from .session import RegistrySession

__all__ = ["MANIFEST", "Manifest", "Registry", "digest_of"]


class Registry:
    """One registry. A change raises ServiceError; it returns None if a dry run only showed it."""

    def __init__(self, session: RegistrySession, executor: Executor) -> None:
        self._session = session
        self._executor = executor

    def prepare(self, reference: Reference) -> None:
        """Get the token that reading a repository needs. Raises AccessDenied, ServiceError."""
        self._session.prepare(reference.repository)

    def manifest(self, reference: Reference) -> Manifest | None:
        """Return the manifest that the tag names, or None if there certainly is none.

        It may be something else than a chart. Raises AccessDenied, ServiceError.
        """
        return reads.read_manifest(self._session, reference)

    def ensure_chart(self, reference: Reference, manifest: Manifest) -> None:
        """Refuse to go on with what is no chart. Raises Refused."""
        writes.ensure_chart(reference, manifest)

    def archive(self, reference: Reference, manifest: Manifest) -> bytes:
        """Return the chart's archive, checked against its digest. Raises ServiceError."""
        digest = manifest.chart_layer
        if not digest:
            what = f"{reference} is {manifest.kind}, not a chart"
            raise ServiceError(what, "it contains no chart's archive")
        return reads.read_blob(self._session, reference.repository, digest)

    def tags(self, reference: Reference) -> list[str] | None:
        """Return every tag of the repository, or None if there is no such repository.

        Raises AccessDenied, ServiceError.
        """
        return reads.read_tags(self._session, reference)

    def ensure_may_push(self, repository: str) -> None:
        """Begin an upload and cancel it. Raises AccessDenied, ServiceError."""
        writes.check_push(self._session, repository)

    def put_manifest(self, reference: Reference, manifest: Manifest) -> bool | None:
        """Let the tag name the manifest, whose blobs are there."""
        return self._change(
            "tag", writes.put_manifest, curl.put_manifest_lines, reference, manifest
        )

    def delete(self, reference: Reference, digest: str) -> bool | None:
        """Delete a manifest and all its tags; it is no error if it is gone. Raises Unsupported."""
        return self._change(
            "deletion", writes.delete_manifest, curl.delete_lines, reference, digest
        )

    def copy(self, source: Reference, target: Reference) -> bool | None:
        """Let the tag of `target` name the manifest of `source`. Raises Refused if that is gone."""
        return self._change("alias", writes.copy_manifest, curl.copy_lines, source, target)

    def save(
        self,
        reference: Reference,
        manifest: Manifest,
        folder: Path,
    ) -> bool | None:
        """Write a manifest and its blobs into a folder, see manifest.py. Raises OSError."""
        return self._change("", writes.save_manifest, curl.save_lines, reference, manifest, folder)

    def upload_saved(
        self,
        reference: Reference,
        manifest: Manifest,
        folder: Path,
    ) -> bool | None:
        """Upload the saved blobs of a manifest, and let the tag name it. Raises OSError.

        A plan does not show it: it takes more than commands to paste.
        """
        return self._change("push", writes.upload_saved, None, reference, manifest, folder)

    def _change(
        self,
        kind: str,
        change: Callable[..., None],
        plan: Callable[..., Sequence[str]] | None,
        *args: Any,
    ) -> bool | None:
        """Make a change, or show the lines of its plan; both are called with the session first."""

        def change_and_confirm() -> bool:
            change(self._session, *args)
            return True

        lines: Sequence[str] = ()
        if plan and self._executor.dry_run:  # planning takes requests too
            lines = plan(self._session, *args)
        return self._executor.perform(Action(lines, change_and_confirm, kind))

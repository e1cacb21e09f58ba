"""Publish safely: read what is published, and overwrite nothing without --overwrite."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from ..clients.helm.chart import archive_contents
from ..clients.registry.api import Registry
from ..clients.registry.manifest import Manifest, digest_of
from ..clients.registry.reference import Reference
from ..core.errors import BadInput, Refused
from ..core.versions import is_prerelease, next_free
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project
from .taken_version import publish_otherwise


class Publication:
    """The publication of a chart's `archive` under `reference`; `before` is what is there now.

    `checked_at` is when that was read, `pushed_at` when it was pushed, by `time.monotonic`.
    """

    def __init__(
        self,
        project: Project,
        reference: Reference,
        archive: bytes,
    ) -> None:
        """Read what is published. Raises Refused if that is no chart; ServiceError."""
        self.project = project
        self.reference = reference
        self.archive = archive
        self.registry = project.registry(reference)
        self.checked_at = self.pushed_at = time.monotonic()
        self.before = self.registry.manifest(reference)
        if self.before:
            self.registry.ensure_chart(reference, self.before)

    def has(self, manifest: Manifest) -> bool:
        """Return whether `manifest` is what was published before."""
        if self.before is None:
            return False
        return self.before.digest == manifest.digest

    def read_new(self, registry: Registry) -> Manifest | None:
        """Return what is published; None while the registry still shows what was before."""
        published = registry.manifest(self.reference)
        if published and self.has(published):
            return None
        return published

    def look(self) -> Manifest | None:
        """Return what is new; if nothing is, that was checked when this look began."""
        now = time.monotonic()
        published = self.read_new(self.registry)
        if published is None:
            self.checked_at = now
        return published

    def has_content(self, published: Manifest) -> bool:
        """Return whether a published chart has the content of the archive. Raises ServiceError."""
        return not self._differing_files(published)

    def digest_of_same_content(self) -> str:
        """Return the digest of what was published before if its content is the archive's."""
        if self.before and self.has_content(self.before):
            return self.before.digest
        return ""

    def ensure_overwrite_allowed(self, overwrite: str) -> None:
        """Refuse to overwrite a chart unless `overwrite` is its version; say what differs."""
        before = self.before
        version = self.reference.tag.replace("_", "+")
        if before is None or overwrite == version:
            return
        files = self._differing_files(before) or ["its packaging alone"]
        differing = first_names(files, 3)
        theirs = before.chart_layer[:19]
        ours = digest_of(self.archive)[:19]
        what = (
            f"{version} is already published with other content: {self.reference} "
            f"is {before.digest}, archive {theirs}, not {ours}; it differs in {differing}"
        )
        free = "next"  # automation may want the lowest that is free
        if is_prerelease(version):
            free = next_free(version, self._tags())
        raise Refused(what, publish_otherwise(version, free))

    def back_up_tag(self, log: IncidentLog, overwrite: str) -> None:
        """Keep what will be overwritten, under a tag that is no version. Raises Refused."""
        self.ensure_overwrite_allowed(overwrite)
        before = self.before
        if before is None or self._is_backed_up(before):
            return
        reference = self.reference
        digest = before.digest
        now = datetime.now(UTC)
        tag = f"replaced-{reference.tag}-{now:%Y%m%d%H%M%S}"
        tag += _tag_end(digest)
        backup = reference.with_version(tag)
        with log.recording_step(
            overwrite=str(reference),
            replaced=digest,
        ) as outcome:
            self.registry.put_manifest(backup, before)
            outcome.learn(Facts(replaced=str(backup)))
        kept = f"the old {reference} is kept as {backup}, {digest}"
        log.announce(kept, "warning")

    def _tags(self) -> list[str]:
        return self.registry.tags(self.reference) or []

    def _differing_files(self, published: Manifest) -> list[str]:
        theirs = self.registry.archive(self.reference, published)
        return differing_files(theirs, self.archive)

    def _is_backed_up(self, published: Manifest) -> bool:
        end = _tag_end(published.digest)
        for tag in self._tags():
            if tag.startswith("replaced-") and tag.endswith(end):
                reference = self.reference.with_version(tag)
                backup = self.registry.manifest(reference)
                if backup and backup.digest == published.digest:
                    return True
        return False


def ensure_overwrite_names(version: str, overwrite: str) -> None:
    """Raise BadInput if `overwrite`, unless it is empty, is not the version to be published."""
    if not overwrite or overwrite == version:
        return
    what = f"--overwrite {overwrite} is not the version to be published, {version}"
    raise BadInput(what, f"leave it out, or give --overwrite {version} to replace that")


def differing_files(one: bytes, other: bytes) -> list[str]:
    """Return the files in which two charts' archives differ. Raises ServiceError."""
    ones = archive_contents(one)
    others = archive_contents(other)
    differences = ones.items() ^ others.items()
    return sorted({name for name, _ in differences})


def first_names(names: Sequence[str], limit: int) -> str:
    """Return the first `limit` names in words, with the number of the others."""
    text = ", ".join(names[:limit])
    more = len(names) - limit
    if more > 0:
        text += f" and {more} more"
    return text


def _tag_end(digest: str) -> str:
    hexadecimal = digest.partition(":")[2]
    return f"-{hexadecimal[:12]}"

"""Publish without doing harm: overwrite nothing unasked, and confirm what was published."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from ..clients.helm.chart import archive_contents
from ..clients.registry.api import Registry
from ..clients.registry.manifest import Manifest, digest_of
from ..clients.registry.reference import GHCR, Reference
from ..console.output import status
from ..console.waiting import Pending
from ..core.errors import AccessDenied, RecipeError, Refused, ServiceError
from ..core.versions import next_free
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..incident.published import CHECK_AGAIN

SETTLE = 0.4  # seconds


class Publication:
    """The publication of a chart's `archive` under `reference`; `before` is what is there now."""

    def __init__(
        self,
        project: Project,
        reference: Reference,
        archive: bytes,
    ) -> None:
        """Read what is published. Raises AccessDenied, ServiceError."""
        self.reference = reference
        self.archive = archive
        self._project = project
        self._registry = project.registry(reference)
        self._checked_at = time.monotonic()
        self.before = self._registry.manifest(reference)

    def has(self, manifest: Manifest) -> bool:
        """Return whether `manifest` is what was published before."""
        return self.before is not None and self.before.digest == manifest.digest

    def digest_of_same_content(self) -> str:
        """Return the digest of what was published before if its content is the archive's."""
        if self.before is None or self._differing_files(self.before):
            return ""
        return self.before.digest

    def ensure_overwrite_allowed(self, overwrite: str) -> None:
        """Refuse to overwrite a chart unless `overwrite` is its version; say what differs."""
        version = self.reference.tag.replace("_", "+")
        if self.before is None or overwrite == version:
            return
        files = self._differing_files(self.before) or ["its packaging alone"]
        archives = f"archive {self.before.chart_layer[:19]}, not {digest_of(self.archive)[:19]}"
        what = (
            f"{self.reference} is already published with other content "
            f"({self.before.digest}, {archives}; {first_names(files, 3)} differ)"
        )
        free = next_free(version, self._registry.tags(self.reference) or [])
        advice = "a published version is never overwritten; publish under the next free one"
        raise Refused(what, f"{advice}: --version {free}")

    def back_up_tag(self, log: IncidentLog, overwrite: str) -> None:
        """Keep what will be overwritten, under a tag that is no version. Raises Refused."""
        self.ensure_overwrite_allowed(overwrite)
        if self.before is None or self._is_backed_up(self.before):
            return
        digest = self.before.digest
        time_and_digest = f"{datetime.now(UTC):%Y%m%d%H%M%S}{_tag_end(digest)}"
        backup = self.reference.with_version(f"replaced-{self.reference.tag}-{time_and_digest}")
        with log.recording_step(overwrite=str(self.reference), replaced=digest) as outcome:
            self._registry.put_manifest(backup, self.before)
            outcome.learn(Facts(replaced=str(backup)))
        log.announce(f"the old {self.reference} is kept as {backup}, {digest}", "warning")

    def publish(self, push: Callable[[], str | None]) -> str | None:
        """Call `push`, confirm the digest that it returns, and return the one that users get.

        `push` returns None if it was only planned. If it failed, its content may be published all
        the same. Raises ServiceError that says what is published.
        """
        try:
            digest = push()
        except RecipeError as error:
            digest = self._recover_from_failed_push(error)
        if digest is None:
            return None
        try:
            published = self._watch_pushed(digest)
        except RecipeError as error:
            what = f"{self.reference} was pushed as {digest}, but could not be confirmed"
            raise ServiceError(f"{what}: {error.what}", CHECK_AGAIN) from error
        return self._accept(published, digest)

    def _differing_files(self, published: Manifest) -> list[str]:
        """Return the files in which a published chart and the archive differ."""
        theirs = archive_contents(self._registry.archive(self.reference, published))
        ours = archive_contents(self.archive)
        files = theirs.keys() | ours.keys()
        return sorted(file for file in files if theirs.get(file) != ours.get(file))

    def _is_backed_up(self, published: Manifest) -> bool:
        for tag in self._registry.tags(self.reference) or []:
            if tag.startswith("replaced-") and tag.endswith(_tag_end(published.digest)):
                backup = self._registry.manifest(self.reference.with_version(tag))
                if backup and backup.digest == published.digest:
                    return True
        return False

    def _recover_from_failed_push(self, error: RecipeError) -> str:
        state = f"nothing was published at {self.reference}"
        try:
            published = self._registry.manifest(self.reference)
            if published and not self._differing_files(published):
                found = f"{self.reference} is published, {published.digest}"
                status(f"{error.what}; but {found}", "warning")
                return published.digest
            if published:
                state = f"{self.reference} is now {published.digest}, with other content"
        except RecipeError as unread:
            state = f"whether {self.reference} is published is unknown: {unread.what}"
        raise ServiceError(f"{error.what}; {state}", error.advice or CHECK_AGAIN) from error

    def _watch_pushed(self, digest: str) -> Manifest:
        """Wait until the registry shows what was pushed, and return what it shows in the end.

        Somebody who checked when we did may overwrite it, so watch for longer than we took.
        """
        took = time.monotonic() - self._checked_at
        registry, published = self._wait_until_shown()
        until = time.monotonic() + 2 * took + SETTLE
        while published.digest == digest and time.monotonic() < until:
            time.sleep(SETTLE / 2)
            published = self._read(registry) or published
        return published

    def _accept(self, published: Manifest, digest: str) -> str:
        """Return the digest that users get. Raises ServiceError if it has other content."""
        if published.digest == digest:
            return digest
        if self._differing_files(published):
            what = f"{self.reference} has the digest {published.digest}, but {digest} was pushed"
            advice = "somebody else published it at the same moment: agree on one"
            raise ServiceError(what, f"{advice}, then publish a new version")
        same = f"the same content at the same moment, {published.digest}"
        status(f"somebody else published {same}", "warning")
        return published.digest

    def _wait_until_shown(self) -> tuple[Registry, Manifest]:
        """Wait until anybody gets what was pushed; for a private package, until we do."""
        registry = self._project.registry(self.reference, anonymous=True)
        try:
            return registry, self._wait_for(registry)
        except AccessDenied:
            published = self._wait_for(self._registry)
        status(f"{self.reference.oci} is private: users cannot install it", "warning")
        status(publicity_advice(self._project, self.reference), "next")
        return self._registry, published

    def _wait_for(self, registry: Registry) -> Manifest:
        pending = Pending(f"{self.reference.host} to show {self.reference}")
        return self._project.wait(lambda: self._read(registry) or pending, CHECK_AGAIN)

    def _read(self, registry: Registry) -> Manifest | None:
        """Return what is published; None if that is what was before, since registries lag."""
        published = registry.manifest(self.reference)
        if published and self.has(published):
            return None
        return published


def first_names(names: Sequence[str], limit: int) -> str:
    """Return the first `limit` names in words, with the number of the others."""
    text = ", ".join(names[:limit])
    if len(names) > limit:
        text += f" and {len(names) - limit} more"
    return text


def publicity_advice(project: Project, reference: Reference) -> str:
    """Return how to make a package public: on GHCR by hand, since it has no API for that."""
    if reference.host != GHCR:
        return f"let anybody read {reference.oci}"
    owner, _, package = reference.repository.partition("/")
    kind = "users"
    with suppress(RecipeError):
        kind = project.github.packages.owner_kind(owner)
    page = f"https://github.com/{kind}/{owner}/packages/container/{package.replace('/', '%2F')}"
    return f"make the package public: {page}/settings"


def _tag_end(digest: str) -> str:
    return f"-{digest.partition(':')[2][:12]}"

"""Notice another operator who publishes the same version at the same moment: the registry cannot.

While helm pushes, look at the tag again and again, and end helm before it overwrites what somebody
else has published. After it, watch for one who looked shortly before the push ended. That goes on
in the background, and is reported before the command ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..clients.process import OnStart
from ..clients.registry.manifest import Manifest, digest_of
from ..console.waiting import in_background
from ..core.errors import RecipeError, ServiceError
from ..core.invocation import current_chart, current_step, running_step, working_on_chart
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from .confirmation import accept_published, unconfirmed
from .safeguards import Publication

INTERVAL = 0.1  # seconds between two looks during a push
SETTLE = 0.4  # seconds that another operator may be slower than we are
ADVICE = "agree with that person on one, then publish a new version: --version next"


class _Rival:
    """Somebody else who publishes while the program that `end_push` ends is pushing."""

    def __init__(self, publication: Publication) -> None:
        self.published: Manifest | None = None
        self._publication = publication
        self._is_over = threading.Event()
        self._end_push: Callable[[], None] = lambda: None

    def look_while(self, end_push: Callable[[], None]) -> None:
        """Begin to look, in the background."""
        self._end_push = end_push
        in_background(self._look)

    def stop(self) -> None:
        """Look no more."""
        self._is_over.set()

    def _look(self) -> None:
        while not self._is_over.wait(INTERVAL):
            try:
                published = self._publication.look()
                if published is None:
                    continue
                if _is_of_others(self._publication, published):
                    self.published = published
                    self._end_push()
            except RecipeError:  # the look after the push tells
                continue
            return


def _is_of_others(publication: Publication, published: Manifest) -> bool:
    """Return whether what is published has other content than what is pushed."""
    if published.chart_layer == digest_of(publication.archive):
        return False
    return not publication.has_content(published)


@contextmanager
def yielding_to_others(publication: Publication) -> Iterator[OnStart]:
    """Let whoever publishes first win: end the push of the block if that is somebody else.

    The push is to be started with what is yielded. Raises ServiceError if it was too late.
    """
    rival = _Rival(publication)
    try:
        yield rival.look_while
    except RecipeError as error:
        if rival.published:
            raise _published_first(publication, rival.published) from error
        raise
    finally:
        rival.stop()
    if rival.published:
        raise _published_first(publication, rival.published)


def _published_first(publication: Publication, published: Manifest) -> ServiceError:
    reference = publication.reference
    what = f"somebody else published {reference} at the same moment, with other content"
    return ServiceError(f"{what}: {published.digest}", ADVICE)


class PublicationWatch:
    """Watch, in the background, whether somebody else overwrites what was published just now."""

    def __init__(
        self,
        publication: Publication,
        log: IncidentLog,
        digest: str,
    ) -> None:
        """Begin to watch: for longer than from our last look before the push to its end."""
        self._publication = publication
        self._log = log
        self._digest = digest
        self._step = current_step()
        self._chart = current_chart()
        took = publication.pushed_at - publication.checked_at
        self._until = publication.pushed_at + 2 * took + SETTLE
        self._result = in_background(self._watch)

    def _watch(self) -> Manifest | None:
        """Return what somebody else has published, or None. Raises RecipeError of the last look."""
        failure: RecipeError | None = None
        while (left := self._until - time.monotonic()) > 0:
            time.sleep(min(SETTLE / 2, left))
            try:
                published = self._publication.read_new(self._publication.registry)
                failure = None
            except RecipeError as error:
                failure = error
                continue
            if published and published.digest != self._digest:
                return published
        if failure:
            raise unconfirmed(self._publication, self._digest, failure)
        return None

    def finish(self) -> None:
        """Wait for the end. Raises ServiceError, which is recorded, if others overwrote it.

        Their same content is only reported.
        """
        with running_step(self._step), working_on_chart(self._chart):
            try:
                published = self._result.result()
                if published:
                    digest = accept_published(self._publication, published, self._digest)
                    self._log.record_skipped(Facts(digest=digest))
            except RecipeError as error:
                self._log.record_failed(error)
                raise


def watch_for_others(publication: Publication, log: IncidentLog, digest: str) -> None:
    """Watch in the background; the recipe that ends the command reports what that finds."""
    watch = PublicationWatch(publication, log, digest)
    publication.project.watches.add(watch)

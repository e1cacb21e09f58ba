"""A test of the release flow: a tag that stands only while its run is watched, and what such a run leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from . import inspection, withdrawal
from .errors import BadInput, Refused, ServiceError
from .incident import Incident
from .interrupt import interrupt
from .reference import Reference
from .screen import say
from .watching import Start

MADE_BY_US = "A test of the release flow, made and deleted by prevention.test-tag."
PREFIX = r"([a-z-]+-)?v"
TEST_TAG = rf"{PREFIX}\d+\.\d+\.\d+-[0-9A-Za-z.-]+"


class Trial:
    """The test of a commit under `tag`, told as `step`. Raises BadInput for a tag that is no pre-release's."""

    def __init__(self, incident: Incident, step: str, tag: str, ref: str) -> None:
        if not re.fullmatch(TEST_TAG, tag):
            raise BadInput(f"{tag!r} is not the tag of a pre-release", "users would get it: take one such as v999.0.0-test")
        if "-replaced-" in tag:
            raise BadInput(f"{tag!r} is what publish.push kept of a version, and no test", "take one such as v999.0.0-test")
        self.incident, self.step, self.tag = incident, step, tag
        self.commit = incident.git.commit(ref or "HEAD")
        self.start = Start(incident, "push", tag)
        self.ours = bool(re.match(rf"{PREFIX}999\.", tag))  # nobody releases that

    def prepare(self, clean: bool) -> None:
        """Delete the tag if an earlier test left it, and tell what its run left, which is removed if `clean`.

        Raises Refused for anybody else's tag, version or release, and while a run of the tag is at work.
        """
        git, tag, at_work = self.incident.git, self.tag, self.start.at_work
        there = git.tagged(tag)
        if others := [where for where, message in there.items() if message != MADE_BY_US]:
            raise Refused(f"{tag} exists {' and '.join(others)}, and is not ours", "choose another with --tag; nothing was changed")
        if there and at_work:
            raise Refused(f"{tag} is being tested now, by run {at_work.id} {at_work.url}", "wait until that ends")
        found = self._published()
        if found and not (there or self.ours):
            advice = "choose another with --tag, such as v999.0.0-test; nothing was changed"
            raise Refused(f"{' and '.join(found)} is there already, and may be somebody's", advice)
        if there:
            self._delete(tag, ", left by an earlier run")
        self._remove(found, clean)

    @contextmanager
    def tagged(self) -> Iterator[None]:
        """Let the tag stand, here and at origin, while the block lasts. Raises ServiceError if it stays, unless the block raised."""
        try:
            self.incident.git.make_tag(self.tag, self.commit, MADE_BY_US)
            if not self.incident.dry:
                say(self.step, f'pushed {self.tag}, "{self.incident.git.summary(self.commit)}"', "done")
            yield
        except BaseException:
            with interrupt.later():
                try:
                    self._delete(self.tag)
                except ServiceError as error:
                    say(self.step, str(error), "failed")
            raise
        with interrupt.later():
            self._delete(self.tag)

    def _delete(self, tag: str, whose: str = "") -> None:
        if deleted := self.incident.git.delete_tag(tag):
            say(self.step, f"deleted {tag}, {' and '.join(deleted)}{whose}", "look" if whose else "done")

    def leaves(self, clean: bool) -> None:
        """Tell what the run left behind beside the tag, and remove it if `clean`: `prepare` saw to it that it is nobody's."""
        self._remove(self._published(), clean)

    def _published(self) -> dict[str, Callable[[], None]]:
        """Return what has the version of the tag, wherever the workflow pushes to, each with what removes it."""
        incident, found, version = self.incident, dict[str, Callable[[], None]](), re.sub(rf"^{PREFIX}", "", self.tag)
        pushed, _ = inspection.references(incident, incident.workflow_at(self.commit))
        elsewhere = {Reference.parse(text).chart(incident.chart.name).at(version) for text in pushed if "$" not in text}
        for place in sorted({*elsewhere, *incident.places(version)}, key=str):
            if manifest := incident.registry(place, anonymous=False).manifest(place):
                found[str(place)] = partial(withdrawal.delete, incident, place, manifest.digest)
        if incident.github.has_release(self.tag):
            found[f"release {self.tag}"] = partial(incident.github.delete_release, self.tag)
        return found

    def _remove(self, found: dict[str, Callable[[], None]], clean: bool) -> None:
        for what, remove in found.items():
            if not clean:
                say(self.step, f"a run left {what}, {self._remedy(what)}", "look")
                continue
            remove()
            if not self.incident.dry:
                say(self.step, f"removed {what}", "done")

    def _remedy(self, what: str) -> str:
        """Return in words how to remove what a run left: later, only what has a version that is never released is known as ours."""
        if self.ours:
            return "--clean removes it"
        if what.startswith("release"):
            return f"`gh release delete {self.tag} --repo {self.incident.slug}` removes it"
        return f"`invoke publish.withdraw --version {what.rpartition(':')[2]} --delete` removes it"

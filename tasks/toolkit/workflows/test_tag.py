"""A test of the release flow: a tag that stands only while its run is watched, and what such a run leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from ..clients.github.actions import Run
from ..clients.registry.reference import Reference
from ..console.output import status
from ..console.signals import interrupt
from ..core.errors import BadInput, RecipeError, Refused, ServiceError
from ..core.versions import version_of_tag
from ..incident.context import Incident
from ..recovery import withdraw
from . import checks
from .runs import RunStart, watch_run

MADE_BY_US = "A test of the release flow, made and deleted by prevention.test-tag."
USUAL, LEFT = "v999.0.0-test", ", left by an earlier run"
TEST_TAG = r"([a-z-]+-)?v\d+\.\d+\.\d+-[0-9A-Za-z.-]+"


class ReleaseTest:
    """The test of a commit under `tag`, told as `step`. Raises BadInput for a tag that is no pre-release's."""

    def __init__(self, incident: Incident, step: str, tag: str, ref: str) -> None:
        if not re.fullmatch(TEST_TAG, tag):
            raise BadInput(
                f"{tag!r} is not the tag of a pre-release",
                "users would get it: take one such as " + USUAL,
            )
        self.incident, self.step, self.tag = incident, step, tag
        self.commit = _commit(incident, ref) if ref else incident.git.commit("HEAD")
        self.start, self.run, self.over = RunStart(incident, "push", tag), 0, False

    def prepare(self, clean: bool) -> None:
        """Delete the tags that earlier tests left, and tell what their runs left, which is removed if `clean`.

        Raises Refused for anybody else's tag, version or release, and while a run of the tag is at work.
        """
        tag, at_work = self.tag, self.start.at_work
        there = self.incident.git.tagged(tag)
        if others := [where for where, message in there.items() if message != MADE_BY_US]:
            raise Refused(
                f"{tag} exists {' and '.join(others)}, and is not ours",
                "choose another with --tag; nothing was changed",
            )
        if at_work:  # which may publish after its tag was deleted
            advice = f"wait until that ends, or end it: gh run cancel {at_work.id} --repo {self.incident.slug}"
            raise Refused(f"{tag} is being tested now, by run {at_work.id} {at_work.url}", advice)
        found = self._published(tag)
        if found and not (there or _never_released(tag)):
            advice = f"choose another with --tag, such as {USUAL}; nothing was changed"
            raise Refused(f"{' and '.join(found)} is there already, and may be somebody's", advice)
        if there:
            self._delete(tag, LEFT)
        self._remove(tag, found, clean)
        self._sweep(clean)

    def _sweep(self, clean: bool) -> None:
        """Do the same for tests under other names; one whose run is at work is not over."""
        others = self.incident.git.tags_saying(MADE_BY_US, TEST_TAG) - {self.tag}
        runs = self.incident.github.runs(self.incident.settings.workflow) if others else []
        at_work = {run.branch: run.url for run in runs if run.status != "completed"}
        for other in sorted(others):
            if other in at_work:
                status(
                    self.step, f"{other} is being tested now, and stays: {at_work[other]}", "look"
                )
                continue
            self._delete(other, LEFT)
            self._remove(other, self._published(other), clean)

    @contextmanager
    def tagged(self) -> Iterator[None]:
        """Let the tag stand, here and at origin, while the block lasts. Raises ServiceError if it stays, unless the block raised."""
        try:
            self.incident.git.make_tag(self.tag, self.commit, MADE_BY_US)
            if not self.incident.dry:
                status(
                    self.step,
                    f'pushed {self.tag}, "{self.incident.git.summary(self.commit)}"',
                    "done",
                )
            yield
        except BaseException as error:
            with interrupt.deferred():
                try:
                    self._delete(self.tag)
                except ServiceError as stays:
                    status(self.step, str(stays), "failed")
                self._tell_what_goes_on(isinstance(error, KeyboardInterrupt))
            raise
        with interrupt.deferred():
            self._delete(self.tag)

    def watched(self) -> Run:
        """Watch the run of the tag from its beginning to its end. Raises TookTooLong."""
        self.run = self.start.began(self.step)
        ended = watch_run(self.incident, self.step, self.run)
        self.over = True
        return ended

    def _tell_what_goes_on(self, interrupted: bool) -> None:
        """Tell of the run that is not watched to its end, which outlives its tag; of an interrupt, also of one that may only begin."""
        run, slug = self.run, self.incident.slug
        if interrupted and not run and not self.incident.dry:
            with suppress(RecipeError):
                found = self.start.new()
                run = found if isinstance(found, int) else 0
            if not run:
                status(
                    self.step,
                    f"a run may begin all the same: gh run list --repo {slug} --branch {self.tag}",
                    "look",
                )
        if run and not self.over:
            option = f" --tag {self.tag}" if self.tag != USUAL else ""
            clean = (
                f"prevention.test-tag{option} --clean"
                if _never_released(self.tag)
                else f"publish.withdraw --version {version_of_tag(self.tag)} --delete"
            )
            status(
                self.step,
                f"run {run} goes on without its tag; to end it: gh run cancel {run} --repo {slug}",
                "look",
            )
            status(
                self.step,
                f"what it publishes is removed, once it has ended, by: invoke {clean}",
                "next",
            )

    def _delete(self, tag: str, whose: str = "") -> None:
        if deleted := self.incident.git.delete_tag(tag):
            status(
                self.step,
                f"deleted {tag}, {' and '.join(deleted)}{whose}",
                "look" if whose else "done",
            )

    def leaves(self, clean: bool) -> None:
        """Tell what the run left behind beside the tag, and remove it if `clean`: `prepare` saw to it that it is nobody's."""
        self._remove(self.tag, self._published(self.tag), clean)

    def _published(self, tag: str) -> dict[str, Callable[[], None]]:
        """Return what has the version of a tag, wherever the workflow pushes to, each with what removes it."""
        incident, found, version = (
            self.incident,
            dict[str, Callable[[], None]](),
            version_of_tag(tag),
        )
        pushed, _ = checks.workflow_references(incident, incident.workflow_at(self.commit))
        elsewhere = {
            Reference.parse(text).chart(incident.chart.name).at(version)
            for text in pushed
            if "$" not in text
        }
        for place in sorted({*elsewhere, *incident.places(version)}, key=str):
            if manifest := incident.registry(place, anonymous=False).manifest(place):
                found[str(place)] = partial(
                    withdraw.delete_version, incident, place, manifest.digest
                )
        if incident.github.has_release(tag):
            found[f"release {tag}"] = partial(incident.github.delete_release, tag)
        return found

    def _remove(self, tag: str, found: dict[str, Callable[[], None]], clean: bool) -> None:
        for what, remove in found.items():
            if not clean:
                status(
                    self.step, f"a run left {what}, {self._remedy(tag, what)} removes it", "look"
                )
                continue
            remove()
            if not self.incident.dry:
                status(self.step, f"removed {what}", "done")

    def _remedy(self, tag: str, what: str) -> str:
        """Return what removes what a run left: once its tag is gone, only what is never released is known as ours."""
        if _never_released(tag):
            return (
                "--clean"
                if tag == self.tag
                else f"`invoke prevention.test-tag --tag {tag} --clean`"
            )
        if what == f"release {tag}":
            return f"`gh release delete {tag} --repo {self.incident.slug}`"
        return f"`invoke publish.withdraw --version {version_of_tag(tag)} --delete`"


def _commit(incident: Incident, ref: str) -> str:
    """Return the commit that `ref` names here, or as a branch at origin. Raises BadInput."""
    try:
        return incident.git.commit(ref)
    except BadInput:
        if not incident.git.remote_commit(ref):
            raise
        return incident.git.fetch(ref)


def _never_released(tag: str) -> bool:
    return version_of_tag(tag).startswith("999.")

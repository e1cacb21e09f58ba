"""A test of the release flow: a tag that exists only while its run is watched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ..console.output import status
from ..console.signals import interrupt
from ..core.errors import BadInput, RecipeError, Refused, ServiceError
from ..core.versions import is_never_released
from ..incident.facts import Facts
from ..incident.job_limits import ensure_tag_starts_runs
from ..incident.log import IncidentLog
from ..incident.permissions import ensure_may_delete
from ..incident.project import Project
from .branch import TEST_VERSION, commit_of, warn_if_behind
from .leftovers import (
    find_leftovers,
    handle_leftovers,
    removal_command,
)
from .runs import ExpectedRun, newest_in_progress, report_result
from .test_version import ensure_test_version

MADE_BY_US = "A test of the release flow, made and deleted by prevention.test-tag."
LEFT_BEHIND = ", left by an earlier test"


def run_release_test(
    project: Project,
    log: IncidentLog,
    tag: str,
    ref: str,
    *,
    clean: bool,
) -> None:
    """Tag a commit, watch the run that the tag starts, and delete the tag, whatever happens.

    `ref` is a commit or branch, HEAD by default; `clean` also removes what the run published.
    Raises BadInput, Refused, CheckFailed, TookTooLong, ServiceError.
    """
    ensure_tag_starts_runs(project)
    test = ReleaseTest(project, log, tag, ref)
    if not ref:
        warn_if_behind(project, test.commit)
    if clean:
        ensure_may_delete(project, project.published_references())
    test.prepare(clean=clean)
    recording = log.recording_step(opens=False, tag=test.tag, commit=test.commit)
    with recording as outcome, test.tagged() as is_pushed:
        if not is_pushed:
            test.expected.planned.watch_and_go_on()
            status(test.removal_advice)
            return
        run = test.expected.watch()
        outcome.learn(Facts(run=run.id))
        leftovers = find_leftovers(project, test.tag, test.commit, ref)
        handle_leftovers(log, leftovers, clean=clean)
        report_result(run)


class ReleaseTest:
    """The test of a commit under `tag`. Raises BadInput if that is not the tag of a pre-release."""

    def __init__(
        self,
        project: Project,
        log: IncidentLog,
        tag: str,
        ref: str,
    ) -> None:
        self._default_tag = project.releases.rule.pattern.tag_of(TEST_VERSION)
        self.tag = tag or self._default_tag
        self._version = project.releases.prerelease_of(self.tag)
        if not self._version:
            what = f"{tag!r} is not the tag of a pre-release of {project.releases.name}"
            advice = f"users would get its version; choose one such as {self._default_tag}"
            raise BadInput(what, advice)
        self.commit = commit_of(project, ref or "HEAD")
        self._ref = ref
        self._project = project
        self._log = log
        self.expected = ExpectedRun(project, "push", self.tag)

    def prepare(self, *, clean: bool) -> None:
        """Delete the tags of earlier tests, and report or remove what their runs published.

        Raises Refused for somebody else's tag, version or release, and while the tag is tested.
        It also refuses a commit whose run would publish another version.
        """
        ensure_test_version(self._project, self.tag, self._version, self.commit)
        is_left_behind = self._ensure_tag_is_free()
        leftovers = find_leftovers(self._project, self.tag, self.commit, self._ref)
        if leftovers and not is_left_behind and not is_never_released(self._version):
            names = [leftover.name for leftover in leftovers]
            what = f"{' and '.join(names)} exists already and may be somebody's"
            advice = f"choose another with --tag, such as {self._default_tag}; nothing was changed"
            raise Refused(what, advice)
        if is_left_behind:
            self._delete(self.tag, LEFT_BEHIND)
        handle_leftovers(self._log, leftovers, clean=clean)
        self._sweep_other_tests(clean=clean)

    def _ensure_tag_is_free(self) -> bool:
        """Return whether an earlier test left the tag. Raises Refused."""
        git = self._project.git
        messages = git.tags.messages(self.tag)
        foreign = [place for place in messages if messages[place] != MADE_BY_US]
        if foreign:
            places = " and ".join(foreign)
            what = f"{self.tag} exists ({places}) and was not made by this task"
            raise Refused(what, "choose another with --tag; nothing was changed")
        running = self.expected.earlier_in_progress
        if running:  # it may publish after its tag is deleted
            what = f"{self.tag} is being tested now, by run {running.id} {running.url}"
            raise Refused(what, self._cancel_advice("wait until that ends, or end it", running.id))
        return bool(messages)

    def _sweep_other_tests(self, *, clean: bool) -> None:
        """Do the same for the tags of other tests, except those whose run is in progress."""
        project = self._project

        def is_test(tag: str) -> bool:
            return bool(project.releases.prerelease_of(tag))

        tags = project.git.tags.with_message(MADE_BY_US, is_test)
        tags.discard(self.tag)
        if not tags:
            return
        runs = project.github.actions.runs(project.settings.workflow)
        for tag in sorted(tags):
            its_runs = [run for run in runs if run.branch == tag]
            running = newest_in_progress(its_runs)
            if running:
                status(f"{tag} is being tested now, so it stays: {running.url}", "warning")
                continue
            self._delete(tag, LEFT_BEHIND)
            leftovers = find_leftovers(project, tag, self.commit, self._ref)
            handle_leftovers(self._log, leftovers, clean=clean)

    @contextmanager
    def tagged(self) -> Iterator[bool]:
        """Keep the tag, here and at origin, while the block runs; yield False if only planned.

        Raises ServiceError if it cannot be deleted, unless the block raised.
        """
        git = self._project.git
        self.expected.planned.begin()
        try:
            is_pushed = git.tags.create(self.tag, self.commit, MADE_BY_US)
            summary = git.history.summary(self.commit)
            self._log.announce(f'pushed {self.tag}, "{summary}"')
            yield is_pushed
        except BaseException as error:
            with interrupt.deferred():
                try:
                    self._delete(self.tag)
                except ServiceError as remains:
                    status(str(remains), "failed")
                is_interrupt = isinstance(error, KeyboardInterrupt)
                self._report_unwatched_run(interrupted=is_interrupt)
            raise
        with interrupt.deferred():
            self._delete(self.tag)
        self.expected.planned.report()

    def _cancel_advice(self, purpose: str, number: int) -> str:
        return self._project.github.typed.advice(purpose, "run", "cancel", str(number))

    def _report_unwatched_run(self, *, interrupted: bool) -> None:
        """Report the run that outlives its tag; after an interrupt also one that may start."""
        if interrupted and not self.expected.number:
            with suppress(RecipeError):
                self.expected.find()
            if not self.expected.number:
                words = ["run", "list", "--branch", self.tag]
                advice = self._project.github.typed.advice("to see it", *words)
                self._log.announce(f"a run may still start; {advice}", "warning")
        number = self.expected.number
        if not number or self.expected.has_ended:
            return
        cancel = self._cancel_advice("to end it", number)
        self._log.announce(f"run {number} continues without its tag; {cancel}", "warning")
        self._log.announce(self.removal_advice, "next")

    @property
    def removal_advice(self) -> str:
        """How to remove what the run publishes."""
        remove = removal_command(self.tag, self._version, self._ref)
        return f"to remove what it publishes, once it has ended: {remove}"

    def _delete(self, tag: str, note: str = "") -> None:
        places = " and ".join(self._project.git.tags.delete(tag))
        if places:
            mark = "warning" if note else "done"
            status(f"deleted {tag}, {places}{note}", mark)

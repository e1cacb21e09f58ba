"""The runs that publish the chart: the workflow's own, and those of workflows that call it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from ..clients.github.actions import WorkflowMissing
from ..clients.github.releases import Release
from ..clients.github.runs import Run
from ..clients.github.workflow_calls import Call
from ..console.waiting import meanwhile, run_parallel
from ..core.errors import RecipeError
from ..incident.project import Project
from .callers import calls_at
from .outcomes import Outcomes
from .run_lists import RunLists

BY_HAND = ("workflow_dispatch", "repository_dispatch")
MOST_CALLERS = 10  # runs of a caller whose jobs are read
NEVER = datetime.max.replace(tzinfo=UTC)
BEGINNING = datetime.min.replace(tzinfo=UTC)


class Deployments:
    """The runs that publish the chart. A caller's run has the outcome of the called jobs."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._file = project.settings.workflow
        self._outcomes = Outcomes(project)
        self._calls: dict[str, list[Call]] = {}
        self._lists = RunLists(project)

    @property
    def own(self) -> list[Run]:
        """The newest runs of the workflow itself that publish for users. Raises WorkflowMissing."""
        return self._lists.newest(self._file)

    def of(self, release: Release, releases: Sequence[Release]) -> Run | None:
        """Return the newest run that published a release, else the newest that should have.

        It is of the commit of the release's tag. Else somebody started it by hand before the next
        release, or it was in progress when the release was published.
        """
        calls = self._calls_at(release.commit)
        with self._lists.reading_ahead([self._file, *_callers(calls)]):
            return self._of(release, releases, calls)

    def _of(
        self,
        release: Release,
        releases: Sequence[Release],
        calls: Sequence[Call],
    ) -> Run | None:
        found = self._at_commit(release, calls)
        times = [other.published_at for other in releases]
        until = min((time for time in times if time > release.published_at), default=NEVER)
        others = {other.commit for other in releases if other.tag != release.tag}

        def is_by_hand(run: Run) -> bool:
            return run.event in BY_HAND and release.published_at <= run.created_at < until

        def was_in_progress(run: Run) -> bool:
            return run.was_at(release.published_at) and run.commit not in others

        if not self._project.releases.is_alone:  # nobody knows of which chart these are
            return best_of(found)
        if not _is_settled(found):
            found += self._matching(is_by_hand, calls)
        if not found:
            found = self._matching(was_in_progress, calls)
        if not found:
            later = [run for run in self.own if release.published_at <= run.created_at < until]
            found = [run for run in later if run.branch == self._project.default_branch]
        return best_of(found)

    def newest(self, commit: str, since: datetime) -> Run | None:
        """Return the newest run since a time, where the callers are those at a commit."""
        return next(iter(self.since(commit, since)), None)

    def since(self, commit: str, since: datetime = BEGINNING) -> list[Run]:
        """Return the runs since a time, newest first, where the callers are those at a commit."""

        def is_since(run: Run) -> bool:
            return run.created_at >= since

        calls = self._calls_at(commit)
        with self._lists.reading_ahead([self._file, *_callers(calls)]):
            runs = self._matching(is_since, calls)
        return sorted(runs, key=lambda run: run.created_at, reverse=True)

    def last(self) -> Run | None:
        """Return the newest run of the workflow, or of a caller that published the newest release.

        Raises WorkflowMissing, ServiceError.
        """
        with meanwhile(self._project.releases.newest) as (listed,):
            runs = self.own[:1]
        try:
            releases = listed.result()
        except RecipeError:  # what the workflow's own run says is enough
            if not runs:
                raise
            releases = []
        if releases:
            run = self.of(releases[0], releases)
            runs += [run] if run else []
        return max(runs, key=lambda run: run.created_at, default=None)

    def _calls_at(self, commit: str) -> list[Call]:
        if not commit:
            return []
        if commit not in self._calls:
            self._calls[commit] = calls_at(self._project, commit)
        return self._calls[commit]

    def _at_commit(self, release: Release, calls: Sequence[Call]) -> list[Run]:
        """Return the runs of a release's commit: of the workflow, and of its callers."""

        def runs_of(file: str) -> list[Run]:
            listed = self._lists.at(release.commit, file)
            return [run for run in listed if self._is_of(run, release)]

        own = [run for run in self.own if self._is_of(run, release)]
        if release.commit and not own:  # it may be an old one
            own = runs_of(self._file)
        found = [self._outcomes.of_own(run) for run in own]
        for file in _callers(calls):
            with suppress(WorkflowMissing):  # it may be gone since
                found += self._called(runs_of(file), calls, is_release=True)
        return found

    def _is_of(self, run: Run, release: Release) -> bool:
        """Return whether a run is of a release's commit, and not of another tag of that.

        A tag that was moved has runs of its earlier commit too.
        """
        if release.commit and run.commit not in ("", release.commit):
            return False
        if run.branch != self._project.default_branch:
            tags = self._lists.own_tags
            is_same = tags and tags.version_of(run.branch) == tags.version_of(release.tag)
            return run.branch == release.tag or bool(is_same)
        is_ours = run.event not in BY_HAND or self._project.releases.is_alone
        return is_ours and run.event != "schedule" and run.commit == release.commit != ""

    def _matching(self, is_wanted: Callable[[Run], bool], calls: Sequence[Call]) -> list[Run]:
        """Return the wanted runs of the workflow, and the newest wanted ones of its callers."""
        found = [self._outcomes.of_own(run) for run in self.own if is_wanted(run)]
        for file in _callers(calls):
            with suppress(WorkflowMissing):
                runs = [run for run in self._lists.newest(file) if is_wanted(run)]
                found += self._called(runs[:MOST_CALLERS], calls)
        return found

    def _called(
        self,
        runs: Sequence[Run],
        calls: Sequence[Call],
        *,
        is_release: bool = False,
    ) -> list[Run]:
        read = partial(self._outcomes.of_calls, calls=calls, is_release=is_release)
        reads = []
        for run in runs:
            reads.append(partial(read, run))
        called = run_parallel(reads, ends_all=False)
        return [run for run in called if run]


def _callers(calls: Sequence[Call]) -> list[str]:
    """Return the files of the workflows that call."""
    return sorted({call.caller.rpartition("/")[2] for call in calls})


def best_of(runs: Sequence[Run]) -> Run | None:
    """Return the newest run that succeeded, else the newest."""
    succeeded = [run for run in runs if run.conclusion == "success"]
    return max(succeeded or runs, key=lambda run: run.created_at, default=None)


def _is_settled(runs: Sequence[Run]) -> bool:
    """Return whether a run succeeded or may yet succeed."""
    return any(run.conclusion in ("", "success") for run in runs)

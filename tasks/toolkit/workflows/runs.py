"""Runs of the workflow: the one that was just started is found, and watched to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ..clients.github.runs import Run
from ..console.output import status
from ..console.result import note_chart
from ..console.waiting import Pending, poll_until
from ..core.errors import CheckFailed, RecipeError, ServiceError, TookTooLong
from ..incident.project import Project

LOOKS = 4  # for a run that may have started


def runs_on(runs: list[Run], event: str, ref: str) -> list[Run]:
    """Return the runs that `event` started on the branch or tag `ref`."""
    return [run for run in runs if run.event == event and run.branch == ref]


def newest_in_progress(runs: list[Run]) -> Run | None:
    """Return the first of `runs`, newest first, that has not ended."""
    for run in runs:
        if run.status != "completed":
            return run
    return None


def new_run(runs: list[Run], earlier: list[Run]) -> Run | None:
    """Return the run that started after those of `earlier`; None until there is one.

    Raises ServiceError if there are several: any may be the one that was asked for.
    """
    numbers = [run.id for run in earlier]
    newest = max(numbers, default=0)
    started = [run for run in runs if run.id > newest]
    if len(started) > 1:
        ref = started[0].branch
        what = f"{len(started)} runs started on {ref} at once, and any may be this one"
        urls = [run.url for run in started]
        raise ServiceError(what, " and ".join(urls))
    return started[0] if started else None


class ExpectedRun:
    """The run that `event` will start on the branch or tag `ref`, among those that exist."""

    def __init__(
        self,
        project: Project,
        event: str,
        ref: str,
    ) -> None:
        self.ref = ref
        self.number = 0  # until it has started
        self.has_ended = False
        self._project = project
        self._file = project.settings.workflow
        self._event = event
        self.planned = project.github.actions.planned_run(self._file, event, ref)
        self._earlier = self._list_runs()

    def _list_runs(self) -> list[Run]:
        actions = self._project.github.actions
        runs = actions.runs(self._file)
        return runs_on(runs, self._event, self.ref)

    @property
    def in_progress(self) -> list[Run]:
        """The earlier runs of that kind that had not ended, newest first."""
        return [run for run in self._earlier if run.status != "completed"]

    @property
    def earlier_in_progress(self) -> Run | None:
        """The newest earlier run of that kind that had not ended."""
        return newest_in_progress(self._earlier)

    def find(self) -> int | Pending:
        """Return and keep the number of the run once it has started. Raises ServiceError."""
        run = new_run(self._list_runs(), self._earlier)
        if not run:
            return Pending(f"the run on {self.ref} to start")
        self.number = run.id
        return run.id

    def find_unconfirmed(self) -> int | None:
        """Return the run that was asked for if it starts: the answer to that was lost."""
        interval = self._project.settings.poll_interval
        limit = LOOKS * interval
        with suppress(TookTooLong):
            return poll_until(self.find, interval=interval, limit=limit, advice="")
        return None

    def watch(self, number: int = 0) -> Run:
        """Wait until the run, whose `number` may be known, has ended. Raises TookTooLong."""
        self.number = number
        if not number:
            advice = f"let {self._file} run on {self._event} of {self.ref}"
            advice += "; see `invoke prevention.branch`"
            self._project.wait(self.find, advice)
        status(f"run {self.number} started on {self.ref}")
        run = watch_run(self._project, self.number)
        note_chart(run_url=run.url)
        self.has_ended = True
        return run


@contextmanager
def naming_what_goes_on(find_number: Callable[[], int]) -> Iterator[None]:
    """Watch a run within the block; say at an interrupt that it goes on, if its number is known."""
    try:
        yield
    except KeyboardInterrupt:
        run = find_number()
        if run:
            status(f"run {run} goes on; to watch it: {watch_command(run)}", "warning")
        raise


def watch_run(project: Project, number: int, attempt: int = 1) -> Run:
    """Wait until an attempt of a run has ended, showing its step. Raises TookTooLong."""
    actions = project.github.actions
    is_shown = False

    def ended() -> Run | Pending:
        nonlocal is_shown
        try:
            answer = actions.ended(number, attempt)
        except RecipeError as error:
            if is_shown or "HTTP 404" not in error.what:
                raise
            return Pending(f"GitHub to show run {number}, which is new")
        is_shown = True
        return answer

    return project.wait(ended, watch_command(number))


def watch_command(number: int) -> str:
    """Return the command that waits until a run has ended."""
    return f"invoke run.watch --run {number}"


def report_result(run: Run) -> None:
    """Print that a run succeeded. Raises CheckFailed if it did not."""
    name = f"run {run.id} on {run.branch}"
    if run.conclusion != "success":
        what = f"{name} ended in {run.conclusion}, {run.url}"
        raise CheckFailed(what, f"invoke run.logs --run {run.id}")
    status(f"{name}: success, {run.url}", "done")

"""A run of the workflow: found as the one that was started, watched to its end, and judged."""

from __future__ import annotations

import contextlib
import shlex
from functools import partial

from ..clients.github.actions import Run
from ..clients.helm.chart import Chart
from ..console.waiting import Pending
from ..core.errors import CheckFailed, RecipeError, ServiceError
from ..incident.context import Incident


class RunStart:
    """What was there before a run is started by `event` on the branch or tag `ref`."""

    def __init__(self, incident: Incident, event: str, ref: str) -> None:
        self.incident, self.event, self.ref = incident, event, ref
        self._before = self._runs()

    def _runs(self) -> list[Run]:
        found = self.incident.github.runs(self.incident.settings.workflow)
        return [run for run in found if (run.event, run.branch) == (self.event, self.ref)]

    @property
    def at_work(self) -> Run | None:
        """The newest run of that kind that had not ended."""
        return next((run for run in self._before if run.status != "completed"), None)

    def began(self, step: str) -> int:
        """Wait for the run that was started since, and return its number. Raises TookTooLong; ServiceError when there are two."""
        advice = f"does {self.incident.settings.workflow} run on {self.event} of {self.ref}? See `invoke prevention.branch`"
        return self.incident.wait(step, self.new, advice)

    def new(self) -> int | Pending:
        """Return the number of the run that was started since, if it began. Raises ServiceError when there are two."""
        newest = max((run.id for run in self._before), default=0)
        found = [run for run in self._runs() if run.id > newest]
        if len(found) > 1:
            raise ServiceError(
                f"{len(found)} runs began on {self.ref} at once, and which is ours cannot be told",
                list_urls(found),
            )
        return found[0].id if found else Pending(f"the run on {self.ref} to begin")


def list_urls(runs: list[Run]) -> str:
    """Return where the runs can be looked at."""
    return " and ".join(run.url for run in runs)


def watch_run(incident: Incident, step: str, number: int) -> Run:
    """Wait until a run has ended, telling where it is. Raises TookTooLong."""
    return incident.wait(
        step,
        partial(incident.github.ended, number),
        f"gh run watch {number} --repo {incident.slug}",
    )


def rerun_command(incident: Incident, version: str, app_version: str) -> str:
    """Return the command that runs the workflow, as it is now, by hand on the default branch for a version, else Chart.yaml's."""
    file, branch, values = incident.settings.workflow, incident.branch, dict[str, str]()
    with contextlib.suppress(RecipeError):  # that is not what was asked here
        tip = incident.git.fetch(branch)
        made = Chart("", version, app_version) if version else incident.chart_at(tip)
        values = incident.workflow_at(tip).fields(
            {"chart_version": made.version, "app_version": made.app_version}
        )
    return shlex.join(["gh", *incident.github.dispatch_command(file, branch, values)])


def ensure_successful(incident: Incident, run: Run) -> str:
    """Return in words that a run succeeded. Raises CheckFailed when it did not."""
    if run.conclusion != "success":
        advice = f"gh run view {run.id} --log-failed --repo {incident.slug}"
        raise CheckFailed(
            f"run {run.id} on {run.branch} ended in {run.conclusion}, {run.url}", advice
        )
    return f"run {run.id} on {run.branch}: success, {run.url}"

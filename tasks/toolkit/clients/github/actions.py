"""The workflows of a repository: find them and their runs, start and follow a run."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from ...console.waiting import Pending
from ...core.errors import BadInput, RecipeError, Refused
from ..process import ProgramOutput
from ..retry import nothing_found
from .answers import check_answer
from .gh import Gh
from .planned_run import PlannedRun, rerun_form
from .runs import JOB_FIELDS, RUN_FIELDS, Job, Run, steps_of

LISTED = 50  # runs
LOG_TIME = 20.0  # seconds
LONGEST_LOG = 200_000  # characters
RAW_OUTPUT = "--allow-escape-sequences"


class WorkflowMissing(BadInput):
    """GitHub has no workflow of the name in the setting WORKFLOW."""


class Actions:
    """The workflows of the repository of `gh`; `advise` says what to do about a missing one."""

    def __init__(self, gh: Gh, advise: Callable[[str], str]) -> None:
        self._gh = gh
        self._advise = advise

    def workflow(self, file: str) -> tuple[str, str]:
        """Return the name of a workflow and its state, such as active. Raises WorkflowMissing."""
        path = f"repos/{self._gh.slug}/actions/workflows/{file}"
        answer = self._ask_about(file, partial(self._gh.ask, "api", path))
        check_answer(f"gh api {path}", answer, ["name", "state"])
        return answer["name"], answer["state"]

    def _ask_about(self, file: str, ask: Callable[[], Any]) -> Any:
        """Return the answer of gh about a workflow, or about all if `file` is empty."""
        try:
            return ask()
        except RecipeError as error:
            if not file or "HTTP 404" not in str(error):
                raise
            what = f"{self._gh.slug} has no workflow {file}"
            raise WorkflowMissing(what, self._advise(file)) from error

    def runs(self, file: str = "", *, on: str = "", at: str = "") -> list[Run]:
        """Return the newest 50 runs, newest first. Raises WorkflowMissing.

        They are of one workflow or of all, `on` one branch or tag, and `at` one commit.
        """
        path = f"repos/{self._gh.slug}/actions"
        if file:
            path += f"/workflows/{file}"
        query = {"per_page": str(LISTED), "branch": on, "head_sha": at}
        words = urlencode({name: value for name, value in query.items() if value})
        path += f"/runs?{words}"
        answer = self._ask_about(file, partial(self._gh.ask, "api", path))
        check_answer(f"gh api {path}", answer, ["workflow_runs"])
        listed = check_answer("gh api", answer["workflow_runs"], RUN_FIELDS, is_list=True)
        runs = []
        for data in listed:
            runs.append(Run.parse(data))
        return [run for run in runs if run.commit == at or not at]

    def deployments(self, branch: str, file: str = "") -> list[Run]:
        """Return those of the newest runs that publish for users; `branch` is the default one."""
        return [run for run in self.runs(file) if run.is_deployment(branch)]

    def newest(self, file: str, branch: str) -> list[Run]:
        """Return the newest runs of a workflow, newest first, among them those on a branch.

        Pull requests may run it too. Raises WorkflowMissing.
        """
        runs = {run.id: run for run in self.runs(file)}
        if len(runs) == LISTED:
            runs |= {run.id: run for run in self.runs(file, on=branch)}
        return sorted(runs.values(), key=lambda run: run.created_at, reverse=True)

    def jobs(self, number: int) -> list[Job]:
        """Return the first 100 jobs of a run."""
        path = f"repos/{self._gh.slug}/actions/runs/{number}/jobs?per_page=100"
        answer = self._gh.ask("api", path)
        check_answer(f"gh api {path}", answer, ["jobs"])
        listed = check_answer("gh api", answer["jobs"], JOB_FIELDS, is_list=True)
        return [Job.parse(data) for data in listed]

    def job_log(self, number: int) -> str:
        """Return the end of the log of a job that has ended; GitHub keeps it for some weeks."""
        path = f"repos/{self._gh.slug}/actions/jobs/{number}/logs"
        read = partial(self._gh.program.read, "api", path, limit=LOG_TIME)
        try:
            printed = read().stdout
        except RecipeError as error:  # newer gh asks for it, older gh does not know it
            if RAW_OUTPUT not in error.what:
                raise
            printed = read(RAW_OUTPUT).stdout
        return printed[-LONGEST_LOG:]

    def dispatch_command(
        self,
        file: str,
        ref: str,
        values: dict[str, str],
    ) -> list[str]:
        """Return the arguments of gh that run a workflow by hand on a branch or tag."""
        # --field would read a file for @, and guess types
        fields = []
        for name, value in values.items():
            fields.append(f"--raw-field={name}={value}")
        command = ["workflow", "run", file, "--repo", self._gh.slug, "--ref", ref]
        return [*command, *fields]

    def dispatch(
        self,
        file: str,
        ref: str,
        values: dict[str, str],
        find_run: Callable[[], int | None] = nothing_found,
    ) -> int | None:
        """Run a workflow by hand and return the number of the run; None if only planned.

        The number is 0 if GitHub did not return it. After a fault that passes, it is run again if
        `find_run` finds no run.
        Raises BadInput, Refused.
        """
        command = self.dispatch_command(file, ref, values)

        def find_outcome() -> ProgramOutput | None:
            number = find_run()
            return ProgramOutput(0, f"/actions/runs/{number}", "") if number else None

        try:
            output = self._gh.program.change(
                *command,
                find_outcome=find_outcome,
                kind="workflow run",
            )
        except RecipeError as error:
            reason = re.search(r"HTTP 422: (.*?)(?: \(https|$)", str(error), re.M)
            if not reason:
                raise
            what = f"{file} cannot be run by hand on {ref}: {reason[1]}"
            raise BadInput(what, "`invoke prevention.branch` shows its inputs") from error
        if output is None:
            return None
        url = re.search(r"/actions/runs/(\d+)", output.stdout)
        if not url:
            return 0
        return int(url[1])

    def rerun(self, run: Run) -> bool:
        """Re-run the failed jobs of a run that has ended; return False if only planned.

        After a fault that passes, nothing is asked again if there is another attempt.
        Raises Refused, ServiceError.
        """

        def find_outcome() -> ProgramOutput | None:
            is_begun = self.run(run.id).attempt > run.attempt
            return ProgramOutput(0, "", "") if is_begun else None

        argv = ("run", "rerun", str(run.id), "--failed")
        form = rerun_form(self._gh, run.id)
        change = partial(self._gh.change, dry_run_form=form, kind="workflow run")
        try:
            output = change(*argv, find_outcome=find_outcome)
        except RecipeError as error:
            if "cannot be rerun" not in error.what:
                raise
            what = f"GitHub does not re-run run {run.id}, {run.url}"
            raise Refused(what, "see there why; else release again") from error
        return output is not None

    def planned_run(self, file: str, event: str, ref: str) -> PlannedRun:
        """Return the run that `event` will start on `ref`, for the plan of a dry run."""
        return PlannedRun(self._gh, file, event, ref)

    def run(self, number: int) -> Run:
        """Return a run by its number."""
        path = f"repos/{self._gh.slug}/actions/runs/{number}"
        answer = self._gh.ask("api", path)
        return Run.parse(check_answer(f"gh api {path}", answer, RUN_FIELDS))

    def ended(self, number: int, attempt: int = 1) -> Run | Pending:
        """Return a run once this attempt of it is completed; until then, its current steps."""
        run = self.run(number)
        if run.status == "completed" and run.attempt >= attempt:
            return run
        steps = ", ".join(steps_of(self.jobs(number)))
        return Pending(f"run {number} ({steps or run.status})")

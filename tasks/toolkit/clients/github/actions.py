"""The workflows of a repository and their runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...console.waiting import Pending
from ...core.errors import BadInput, RecipeError
from ...core.versions import version_of_tag
from ..dry_run import Action
from .gh import Gh
from .pulls import parse_time
from .releases import Release

# v1.7.0 and chart-v1.7.0, but not v999.0.0-test, which is a pre-release.
RELEASE_TAG = r"([a-z-]+-)?v?\d+\.\d+\.\d+(\+[0-9A-Za-z.-]+)?"
RUN_FIELDS = "databaseId,status,conclusion,createdAt,url,event,headBranch,workflowName"


@dataclass(frozen=True)
class Run:
    """A workflow run. `conclusion` is empty until `status` is completed."""

    id: int
    status: str
    conclusion: str
    created_at: datetime
    url: str
    event: str
    branch: str
    workflow: str

    @classmethod
    def parse(cls, data: dict[str, Any]) -> Run:
        """Build a run from the JSON of gh."""
        return cls(
            id=data["databaseId"],
            status=data["status"],
            conclusion=data["conclusion"],
            created_at=parse_time(data["createdAt"]),
            url=data["url"],
            event=data["event"],
            branch=data["headBranch"],
            workflow=data["workflowName"],
        )


class WorkflowMissing(BadInput):
    """GitHub has no workflow of the name in the setting WORKFLOW."""


def run_of_release(
    release: Release, releases: list[Release], runs: list[Run], branch: str
) -> Run | None:
    """Return the first of `runs` (newest first) that published `release`.

    It is on the tag of the release, or on the default branch `branch` before the next release:
    run by hand there, the workflow publishes the newest release again.
    """
    times = [other.published_at for other in releases]
    next_time = min((time for time in times if time > release.published_at), default=None)
    for run in runs:
        if version_of_tag(run.branch) == release.version:
            return run
        if run.branch != branch or run.created_at < release.published_at:
            continue
        if next_time is None or run.created_at < next_time:
            return run
    return None


class Actions:
    """The workflows of the repository of `gh`."""

    def __init__(self, gh: Gh) -> None:
        self._gh = gh

    def workflow(self, file: str) -> tuple[str, str]:
        """Return the name of a workflow and its state, such as active. Raises WorkflowMissing."""
        with self._explain_missing(file):
            answer = self._gh.ask("api", f"repos/{self._gh.slug}/actions/workflows/{file}")
        return answer["name"], answer["state"]

    @contextmanager
    def _explain_missing(self, file: str) -> Iterator[None]:
        try:
            yield
        except RecipeError as error:
            if not file or "HTTP 404" not in str(error):
                raise
            advice = "set WORKFLOW to the name of the file in .github/workflows"
            raise WorkflowMissing(f"{self._gh.slug} has no workflow {file}", advice) from error

    def runs(self, file: str = "", on: str = "") -> list[Run]:
        """Return the newest 50 runs, newest first. Raises WorkflowMissing.

        They are of one workflow or of all, `on` one branch or tag or on all.
        """
        options = []
        if file:
            options.append(f"--workflow={file}")
        if on:
            options.append(f"--branch={on}")
        with self._explain_missing(file):
            answer = self._gh.ask_fields(RUN_FIELDS, "run", "list", "--limit=50", *options)
        return [Run.parse(data) for data in answer]

    def deployments(self, branch: str, file: str = "", on: str = "") -> list[Run]:
        """Return those of the newest runs that publish: on the default branch or a release tag.

        Runs of pull requests, of feature branches and of test tags publish nothing for users.
        """
        pushed = [run for run in self.runs(file, on) if not run.event.startswith("pull_request")]
        return [
            run for run in pushed if run.branch == branch or re.fullmatch(RELEASE_TAG, run.branch)
        ]

    def deployment_of(
        self, release: Release, releases: list[Release], branch: str, file: str
    ) -> Run | None:
        """Return the run that published a release, if there is one."""
        run = run_of_release(release, releases, self.deployments(branch, file), branch)
        if run:
            return run
        # Where pull requests run the workflow too, it may not be among the newest.
        older = self.deployments(branch, file, branch)
        older += self.deployments(branch, file, release.tag)
        older.sort(key=lambda run: run.created_at, reverse=True)
        return run_of_release(release, releases, older, branch)

    def dispatch_command(self, file: str, ref: str, values: dict[str, str]) -> list[str]:
        """Return the arguments of gh that run a workflow by hand on a branch or tag."""
        # --field would read a file for @, and guess types
        fields = [f"--raw-field={name}={value}" for name, value in values.items()]
        return ["workflow", "run", file, "--repo", self._gh.slug, "--ref", ref, *fields]

    def dispatch(self, file: str, ref: str, values: dict[str, str]) -> int | None:
        """Run a workflow by hand and return the number of the run; None if only planned.

        The number is 0 if GitHub did not return it. Raises BadInput, Refused.
        """
        try:
            output = self._gh.program.change(*self.dispatch_command(file, ref, values))
        except RecipeError as error:
            reason = re.search(r"HTTP 422: (.*?)(?: \(https|$)", str(error), re.M)
            if not reason:
                raise
            what = f"{file} cannot be run by hand on {ref}: {reason[1]}"
            raise BadInput(what, "`invoke prevention.branch` shows its inputs") from error
        if output is None:
            return None
        number = re.search(r"/actions/runs/(\d+)", output.stdout)
        return int(number[1]) if number else 0

    def plan_watching(self, branch_or_tag: str) -> None:
        """Note in the plan of a dry run that the run is watched."""
        command = f"gh run list --repo {self._gh.slug} --branch {branch_or_tag}"
        executor = self._gh.program.runner.executor
        executor.perform(Action([f"# the run is watched: {command}"], lambda: None))

    def ended(self, number: int) -> Run | Pending:
        """Return a run once it is completed; until then, its current steps."""
        data = self._gh.ask_fields(f"{RUN_FIELDS},jobs", "run", "view", str(number))
        run = Run.parse(data)
        if run.status == "completed":
            return run
        steps = ", ".join(_current_steps(data["jobs"]))
        return Pending(f"run {number} ({steps or run.status})")


def _current_steps(jobs: list[dict[str, Any]]) -> Iterator[str]:
    for job in jobs:
        if job["status"] != "in_progress":
            continue
        for step in job["steps"]:
            if step["status"] == "in_progress":
                yield f"{job['name']}: {step['name']}"

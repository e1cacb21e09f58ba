"""Actions of a repository on GitHub: workflows and their runs. `github.GitHub` builds on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...console.waiting import Pending
from ...core.errors import BadInput, RecipeError
from ...core.versions import version_of_tag
from .issues import Release, Tracker
from .pulls import parse_time

TAG = r"([a-z-]+-)?v?\d+\.\d+\.\d+(\+[0-9A-Za-z.-]+)?"  # of a release: v1.7.0, chart-v1.7.0; v999.0.0-test is a pre-release's
RUN = (
    "databaseId",
    "status",
    "conclusion",
    "createdAt",
    "url",
    "event",
    "headBranch",
    "workflowName",
)


@dataclass(frozen=True)
class Run:
    """A run of a workflow. `conclusion` is empty until `status` is completed."""

    id: int
    status: str
    conclusion: str
    created_at: datetime
    url: str
    event: str
    branch: str
    workflow: str


def run_of_release(
    release: Release, releases: list[Release], runs: list[Run], branch: str
) -> Run | None:
    """Return the newest of the `runs` that count which is the release's: on its tag, or on the default branch before the next release.

    `releases` are the newest, newest first. Run by hand on the default branch, the workflow publishes the newest release again.
    """
    until = min(
        (other.published_at for other in releases if other.published_at > release.published_at),
        default=None,
    )
    for run in runs:
        since = (
            run.branch == branch
            and run.created_at >= release.published_at
            and not (until and run.created_at >= until)
        )
        if since or version_of_tag(run.branch) == release.version:
            return run
    return None


class WorkflowMissing(BadInput):
    """The setting WORKFLOW names no workflow that GitHub knows."""


class Runs(Tracker):
    """gh for the repository `slug` (owner/name)."""

    def workflow(self, file: str) -> tuple[str, str]:
        """Return the workflow's name and its state, such as `active`. Raises BadInput if there is none."""
        found = self._ask_of(file, "api", f"repos/{self.slug}/actions/workflows/{file}")
        return found["name"], found["state"]

    def _ask_of(self, file: str, *args: str) -> Any:
        try:
            return self._ask(*args)
        except RecipeError as error:
            if file and "HTTP 404" in str(error):
                raise WorkflowMissing(
                    f"{self.slug} has no workflow {file}",
                    "set WORKFLOW to the file's name in .github/workflows",
                ) from error
            raise

    def runs(self, file: str = "", on: str = "") -> list[Run]:
        """Return the newest 50 runs, newest first, of one workflow or of all, `on` a branch or tag or all. Raises NoWorkflow."""
        options = [f"--workflow={file}"] * bool(file) + [f"--branch={on}"] * bool(on)
        said = self._ask_of(
            file,
            "run",
            "list",
            "--repo",
            self.slug,
            *options,
            "--limit",
            "50",
            "--json",
            ",".join(RUN),
        )
        return [
            Run(*({**run, "createdAt": parse_time(run["createdAt"])}[key] for key in RUN))
            for run in said
        ]

    def deployments(self, branch: str, file: str = "", on: str = "") -> list[Run]:
        """Return those of the newest runs that count for deployment: of no pull request, on the default branch `branch` or a release's tag.

        What runs on a feature branch or on a test tag is a trial.
        """
        return [
            run
            for run in self.runs(file, on)
            if not run.event.startswith("pull_request")
            and (run.branch == branch or re.fullmatch(TAG, run.branch))
        ]

    def deployment(
        self, release: Release, releases: list[Release], branch: str, file: str
    ) -> Run | None:
        """Return the release's run: where pull requests run the workflow too, it may be older than the newest runs."""
        found = run_of_release(release, releases, self.deployments(branch, file), branch)
        if found:
            return found
        older = [run for on in (branch, release.tag) for run in self.deployments(branch, file, on)]
        return run_of_release(
            release, releases, sorted(older, key=lambda run: run.created_at, reverse=True), branch
        )

    def dispatch_command(self, file: str, ref: str, values: dict[str, str]) -> list[str]:
        """Return the words, without gh's own, that run the workflow by hand on a branch or tag."""
        fields = [
            f"--raw-field={name}={value}" for name, value in values.items()
        ]  # --field reads a file for @, and guesses types
        return ["workflow", "run", file, "--repo", self.slug, "--ref", ref, *fields]

    def dispatch(self, file: str, ref: str, values: dict[str, str]) -> int:
        """Run the workflow by hand, and return the run's number if GitHub tells it, else 0. Raises BadInput, Refused."""
        try:
            said = self._gh.change(*self.dispatch_command(file, ref, values)).stdout
        except RecipeError as error:
            told = re.search(r"HTTP 422: (.*?)(?: \(https|$)", str(error), re.M)
            if told:
                raise BadInput(
                    f"{file} cannot be run by hand on {ref}: {told[1]}",
                    "`invoke prevention.branch` shows what it takes",
                ) from error
            raise
        number = re.search(r"/actions/runs/(\d+)", said)
        return int(number[1]) if number else 0

    def ended(self, number: int) -> Run | Pending:
        """Return a run that has ended, else where it is."""
        found = self._ask(
            "run", "view", str(number), "--repo", self.slug, "--json", ",".join((*RUN, "jobs"))
        )
        run = Run(*({**found, "createdAt": parse_time(found["createdAt"])}[key] for key in RUN))
        at = [
            f"{job['name']}: {step['name']}"
            for job in found["jobs"] if job["status"] == "in_progress"
            for step in job["steps"] if step["status"] == "in_progress"
        ]  # fmt: skip
        return (
            run
            if run.status == "completed"
            else Pending(f"run {number} ({', '.join(at) or run.status})")
        )

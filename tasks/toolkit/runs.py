"""Actions of a repository on GitHub: workflows and their runs. `github.GitHub` builds on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from .errors import BadInput, RecipeError
from .polling import NotYet
from .pulls import time
from .tracker import Tracker

RUN = ("databaseId", "status", "conclusion", "createdAt", "url", "event", "headBranch", "workflowName")


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


class Runs(Tracker):
    """gh for the repository `slug` (owner/name)."""

    def workflow(self, file: str) -> tuple[str, str]:
        """Return the workflow's name and its state, such as `active`. Raises BadInput if there is none."""
        try:
            found = self._ask("api", f"repos/{self.slug}/actions/workflows/{file}")
        except RecipeError as error:
            if "HTTP 404" in str(error):
                raise BadInput(f"{self.slug} has no workflow {file}", "set WORKFLOW to the file's name in .github/workflows") from error
            raise
        return found["name"], found["state"]

    def runs(self, file: str = "") -> list[Run]:
        """Return the newest 20 runs, newest first, of one workflow or of all."""
        options = [f"--workflow={file}"] * bool(file)
        said = self._ask("run", "list", "--repo", self.slug, *options, "--limit", "20", "--json", ",".join(RUN))
        return [Run(*({**run, "createdAt": time(run["createdAt"])}[key] for key in RUN)) for run in said]

    def dispatch_command(self, file: str, ref: str, values: dict[str, str]) -> list[str]:
        """Return the words, without gh's own, that run the workflow by hand on a branch or tag."""
        return ["workflow", "run", file, "--repo", self.slug, "--ref", ref, *(f"--field={name}={value}" for name, value in values.items())]

    def dispatch(self, file: str, ref: str, values: dict[str, str]) -> int:
        """Run the workflow by hand, and return the run's number if GitHub tells it, else 0. Raises BadInput, Refused."""
        try:
            said = self._gh.change(*self.dispatch_command(file, ref, values)).stdout
        except RecipeError as error:
            told = re.search(r"HTTP 422: (.*?)(?: \(https|$)", str(error), re.M)
            if told:
                raise BadInput(
                    f"{file} cannot be run by hand on {ref}: {told[1]}", "`invoke prevention.branch` shows what it takes"
                ) from error
            raise
        number = re.search(r"/actions/runs/(\d+)", said)
        return int(number[1]) if number else 0

    def ended(self, number: int) -> Run | NotYet:
        """Return a run that has ended, else where it is."""
        found = self._ask("run", "view", str(number), "--repo", self.slug, "--json", ",".join((*RUN, "jobs")))
        run = Run(*({**found, "createdAt": time(found["createdAt"])}[key] for key in RUN))
        at = [
            f"{job['name']}: {step['name']}"
            for job in found["jobs"] if job["status"] == "in_progress"
            for step in job["steps"] if step["status"] == "in_progress"
        ]  # fmt: skip
        return run if run.status == "completed" else NotYet(f"run {number} ({', '.join(at) or run.status})")

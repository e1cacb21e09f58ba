"""Workflow runs and their jobs, as GitHub's REST API reports them.

https://docs.github.com/en/rest/actions/workflow-runs
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ...core.tag_pattern import split_tag
from ...core.versions import is_prerelease
from .pulls import parse_time

RUN_FIELDS = (
    "id",
    "status",
    "conclusion",
    "created_at",
    "updated_at",
    "html_url",
    "event",
    "head_branch",
    "head_sha",
    "name",
    "path",
)
JOB_FIELDS = ("id", "name", "status", "conclusion", "steps")
FAILED = ("failure", "timed_out", "startup_failure", "action_required", "cancelled")


@dataclass(frozen=True)
class Job:
    """A job of a run, with its steps that failed, those that run now, and those that passed."""

    name: str
    status: str
    conclusion: str
    failed_steps: tuple[str, ...] = ()
    current_steps: tuple[str, ...] = ()
    passed_steps: tuple[str, ...] = ()
    id: int = 0

    @classmethod
    def parse(cls, data: dict[str, Any]) -> Job:
        """Build a job from the JSON of the REST API."""
        steps = data["steps"] or []
        failed = [step["name"] for step in steps if step.get("conclusion") in FAILED]
        current = [step["name"] for step in steps if step["status"] == "in_progress"]
        passed = [step["name"] for step in steps if step.get("conclusion") == "success"]
        return cls(
            name=data["name"],
            status=data["status"],
            conclusion=data["conclusion"] or "",
            failed_steps=tuple(failed),
            current_steps=tuple(current),
            passed_steps=tuple(passed),
            id=int(data.get("id") or 0),
        )


@dataclass(frozen=True)
class Run:
    """A workflow run. `conclusion` is empty until `status` is completed.

    `workflow` is the workflow's name, and `path` its file. It ended at `updated_at`, if it has.
    It is queued again, with the next `attempt`, when somebody re-runs it.
    """

    id: int
    status: str
    conclusion: str
    created_at: datetime
    url: str
    event: str
    branch: str
    workflow: str
    path: str = ""
    commit: str = ""
    updated_at: datetime | None = None
    attempt: int = 1
    title: str = ""

    @classmethod
    def parse(cls, data: dict[str, Any]) -> Run:
        """Build a run from the JSON of the REST API."""
        return cls(
            id=data["id"],
            status=data["status"] or "",
            conclusion=data["conclusion"] or "",
            created_at=parse_time(data["created_at"]),
            url=data["html_url"],
            event=data["event"],
            branch=data["head_branch"] or "",
            workflow=data["name"] or "",
            path=data["path"].partition("@")[0],
            commit=data["head_sha"],
            updated_at=parse_time(data["updated_at"]),
            attempt=data.get("run_attempt") or 1,
            title=data.get("display_title") or "",
        )

    def is_deployment(self, default_branch: str) -> bool:
        """Return whether it publishes for users: on the default branch or a release tag.

        Runs of pull requests, of feature branches and of test tags do not.
        """
        if self.event.startswith("pull_request"):
            return False
        if self.branch == default_branch:
            return True
        _, version = split_tag(self.branch)
        return bool(version) and not is_prerelease(version)

    def was_at(self, time: datetime) -> bool:
        """Return whether it was in progress at a time."""
        if self.created_at > time:
            return False
        has_ended = self.status == "completed" and self.updated_at
        return not has_ended or time <= (self.updated_at or time)


def with_outcome_of(run: Run, jobs: Sequence[Job]) -> Run:
    """Return the run with the status and the conclusion of some of its jobs instead of its own."""
    if any(job.status != "completed" for job in jobs):
        status = run.status if run.status != "completed" else "in_progress"
        return replace(run, status=status, conclusion="")
    conclusions = [job.conclusion for job in jobs]
    for conclusion in FAILED:
        if conclusion in conclusions:
            return replace(run, status="completed", conclusion=conclusion)
    conclusion = "success" if "success" in conclusions else "skipped"
    return replace(run, status="completed", conclusion=conclusion)


def steps_of(jobs: Sequence[Job], *, failed: bool = False) -> list[str]:
    """Return the steps that run now, or that failed, such as `publish: Push`."""
    found = []
    for job in jobs:
        steps = job.failed_steps if failed else job.current_steps
        found += [f"{job.name}: {step}" for step in steps]
    return found

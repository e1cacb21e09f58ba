"""Runs of workflows as gh reports them, and which of them published a release."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...core.versions import version_of_tag
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

    def is_deployment(self, default_branch: str) -> bool:
        """Return whether it publishes for users: on the default branch or a release tag.

        Runs of pull requests, of feature branches and of test tags do not.
        """
        if self.event.startswith("pull_request"):
            return False
        if self.branch == default_branch:
            return True
        return bool(re.fullmatch(RELEASE_TAG, self.branch))


def run_of_release(
    release: Release,
    releases: list[Release],
    runs: list[Run],
    branch: str,
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


def current_steps(jobs: list[dict[str, Any]]) -> list[str]:
    """Return the steps that run now, such as `publish: Push`, from the JSON of a run's jobs."""
    current = []
    for job in jobs:
        if job["status"] != "in_progress":
            continue
        for step in job["steps"]:
            if step["status"] == "in_progress":
                current.append(f"{job['name']}: {step['name']}")
    return current

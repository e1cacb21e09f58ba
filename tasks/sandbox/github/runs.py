"""Workflow runs and their jobs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .records import Execution, now


@dataclass
class Job(Execution):
    """A job; the keys of `steps` are their ids in the workflow file, or their numbers."""

    steps: dict[str, Execution] = field(default_factory=dict)

    @property
    def needs(self) -> list[str]:
        """The keys of the jobs that must succeed first."""
        return re.findall(r"[\w-]+", str(self.spec.get("needs", "")))  # one name, or a list


@dataclass
class Run(Execution):
    """A run of the workflow file `path`; `context` is what its expressions can name."""

    path: str = ""
    event: str = ""
    head_branch: str = ""
    head_sha: str = ""
    jobs: dict[str, Job] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime = field(default_factory=now)
    cancelled: bool = False
    ended: threading.Event = field(default_factory=threading.Event)
    process: subprocess.Popen[str] | None = None

    def wait(self, timeout: float) -> str:
        """Return the conclusion when there is one. Raises TimeoutError after `timeout` seconds."""
        if not self.ended.wait(timeout):
            raise TimeoutError(f"run {self.id} of {self.path} is {self.status}")
        return str(self.conclusion)

    def cancel(self) -> None:
        """Kill the current step and start no other."""
        self.cancelled = True
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.ended.wait(10)


def create_jobs(run_id: int, specs: Mapping[str, Any]) -> dict[str, Job]:
    """Return the jobs of a workflow by their keys, ready to be executed."""
    jobs = dict[str, Job]()
    for key, spec in specs.items():
        steps = dict[str, Execution]()
        for number, step in enumerate(spec["steps"], 1):
            steps[step.get("id", str(number))] = Execution(_step_name(step), number, step)
        job_id = run_id * 100 + len(jobs)
        jobs[key] = Job(spec.get("name", key), job_id, spec, steps=steps)
    return jobs


def _step_name(spec: Mapping[str, Any]) -> str:
    action = spec.get("uses") or str(spec["run"]).splitlines()[0]
    return str(spec.get("name", f"Run {action}"))

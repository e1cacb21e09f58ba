"""Workflow runs and their jobs."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
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
        needs = self.spec.get("needs", [])
        if isinstance(needs, str):
            return [needs]
        return list(needs)


@dataclass
class Run(Execution):
    """A run of the workflow file `path`; `context` is what its expressions can name.

    `referenced` are the workflows that it calls, as the REST API shows them: path, sha and ref.
    """

    path: str = ""
    event: str = ""
    head_branch: str = ""
    head_sha: str = ""
    jobs: dict[str, Job] = field(default_factory=dict)
    referenced: list[dict[str, str]] = field(default_factory=list)
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
        process = self.process
        if process and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        self.ended.wait(10)


def create_jobs(run_id: int, specs: Mapping[str, Any]) -> dict[str, Job]:
    """Return the jobs of a workflow by their keys, ready to be executed."""
    jobs = dict[str, Job]()
    for key, spec in specs.items():
        jobs[key] = Job(
            spec.get("name", key),
            id=run_id * 100 + len(jobs),
            spec=spec,
            steps=_create_steps(spec["steps"]),
        )
    return jobs


def _create_steps(specs: Sequence[Mapping[str, Any]]) -> dict[str, Execution]:
    steps = dict[str, Execution]()
    for number, spec in enumerate(specs, 1):
        key = spec.get("id", str(number))
        name = _step_name(spec)
        steps[key] = Execution(name, number, spec)
    return steps


def _step_name(spec: Mapping[str, Any]) -> str:
    if "name" in spec:
        return str(spec["name"])
    if "uses" in spec:
        return f"Run {spec['uses']}"
    script = str(spec["run"])
    return f"Run {script.splitlines()[0]}"

"""Workflow runs and their jobs."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .records import Execution, now
from .workflow_files import Spec, WorkflowFile, called_path, environment_of


@dataclass
class Job(Execution):
    """A job; `key` is its name in the workflow file, `caller` the job that calls that file.

    It waits for the reviewers of its `environment`, if that has some.
    The keys of `steps` are their ids in the workflow file, or their numbers, counted from 0.
    """

    key: str = ""
    caller: str = ""
    environment: str = ""
    steps: dict[str, Execution] = field(default_factory=dict)

    def end(self, conclusion: str) -> None:
        """Complete what is in progress of the job and its steps, and skip the rest."""
        for part in (*self.steps.values(), self):
            if part.status == "queued":
                part.complete("skipped")
            elif part.status == "in_progress":
                part.complete(conclusion)


@dataclass
class Run(Execution):
    """A run of the workflow file `path`; `context` has its `github` and its `inputs`.

    `referenced` are the workflows that it calls, as the REST API shows them: path, sha and ref.
    `secrets` are those of the environments of its jobs. The `title` is empty without a `run-name`.
    """

    path: str = ""
    title: str = ""
    event: str = ""
    head_branch: str = ""
    head_sha: str = ""
    jobs: dict[str, Job] = field(default_factory=dict)
    referenced: list[dict[str, str]] = field(default_factory=list)
    context: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime = field(default_factory=now)
    attempt: int = 1
    cancelled: bool = False
    ended: threading.Event = field(default_factory=threading.Event)
    process: subprocess.Popen[str] | None = None

    def begin_again(self) -> None:
        """Queue another attempt; what the last one left is forgotten."""
        self.attempt += 1
        self.status = "queued"
        self.conclusion = self.started_at = self.completed_at = None
        self.log = ""
        self.cancelled = False
        self.ended = threading.Event()

    def wait(self, timeout: float) -> str:
        """Return the conclusion when there is one. Raises TimeoutError after `timeout` seconds."""
        if not self.ended.wait(timeout):
            raise TimeoutError(f"run {self.id} of {self.path} is {self.status}")
        return str(self.conclusion)

    def cancel(self) -> None:
        """Stop the current steps and start no other."""
        self.cancelled = True
        if self.process:
            self.process.terminate()
        self.ended.wait(10)


def create_jobs(
    run_id: int,
    spec: Spec,
    files: Mapping[str, WorkflowFile],
) -> dict[str, Job]:
    """Return the jobs of a workflow and of those that it calls by their names.

    `files` are the workflow files by their paths.
    """
    jobs = dict[str, Job]()
    for job in _jobs_of(spec, files):
        job.id = run_id * 100 + len(jobs)
        jobs[job.name] = job
    return jobs


def _jobs_of(spec: Spec, files: Mapping[str, WorkflowFile], caller: str = "") -> Iterator[Job]:
    for key, part in spec["jobs"].items():
        name = part.get("name", key)
        full_name = f"{caller} / {name}" if caller else name
        path = called_path(part)
        if path in files:
            yield from _jobs_of(files[path].spec, files, name)
        else:
            steps = _create_steps(part.get("steps", []))
            where = environment_of(part)
            yield Job(full_name, key=key, caller=caller, environment=where, steps=steps)


def _create_steps(specs: Sequence[Spec]) -> dict[str, Execution]:
    steps = dict[str, Execution]()
    for number, spec in enumerate(specs):
        key = spec.get("id", str(number))
        steps[key] = Execution(_step_name(spec), number + 1)
    return steps


def _step_name(spec: Spec) -> str:
    if "name" in spec:
        return str(spec["name"])
    if "uses" in spec:
        return f"Run {spec['uses']}"
    script = str(spec["run"])
    return f"Run {script.splitlines()[0]}"

"""What workflow files say of the jobs and steps of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..github.records import Execution
from ..github.runs import Job, Run
from ..github.workflow_files import Spec, WorkflowFile, called_path


@dataclass(frozen=True)
class JobSpecs:
    """What the workflow file `path` says, and the key of one of its jobs."""

    path: str
    workflow: Spec
    key: str

    @property
    def name(self) -> str:
        """The name of the workflow, as its jobs see it."""
        return str(self.workflow.get("name") or PurePosixPath(self.path).name)

    @property
    def job(self) -> Spec:
        """What it says of the job; nothing of one that stands for a skipped call."""
        found: Spec = self.workflow["jobs"].get(self.key, {})
        return found

    @property
    def environment(self) -> dict[str, str]:
        """The variables that all steps of the job have."""
        return {**_texts(self.workflow.get("env")), **_texts(self.job.get("env"))}

    def steps(self, job: Job) -> Iterator[tuple[str, Execution, Spec]]:
        """Yield the key of each step, how it ended, and what the file says of it."""
        specs = self.job.get("steps") or []
        for spec, (key, step) in zip(specs, job.steps.items(), strict=False):
            yield key, step, spec


def caller_of(job: Job, workflow: Spec) -> tuple[str, Spec]:
    """Return the key of the job that calls the workflow of this one, and what it says.

    A job without a key stands for a call that was skipped.
    """
    caller = job.caller
    if not job.key:
        caller = job.name
    for key, part in workflow["jobs"].items():
        if caller and part.get("name", key) == caller:
            return key, part
    return "", {}


def specs_of(job: Job, run: Run, files: Mapping[str, WorkflowFile]) -> JobSpecs:
    """Return what the workflow file of a job says; `files` are given by path."""
    _, call = caller_of(job, files[run.path].spec)
    path = called_path(call)
    if path not in files:
        path = run.path
    return JobSpecs(path, files[path].spec, job.key)


def labels_of(job: Spec) -> list[str]:
    """Return the labels that a job gives for its machine."""
    given = job.get("runs-on", [])
    if isinstance(given, dict):
        given = given.get("labels", [])
    if isinstance(given, str):
        given = [given]
    return [str(label) for label in given]


def _texts(values: object) -> dict[str, str]:
    if not isinstance(values, dict):
        return {}
    return {str(name): str(value) for name, value in values.items()}

"""What act cannot run on this machine: containers, services, other systems and shells."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from ..github.workflow_files import Spec
from .job_specs import labels_of

SHELLS = ("powershell", "pwsh", "python")
WHOLE_JOB = ""


def find_unrunnable(spec: Spec, path: str) -> dict[tuple[str, str], str]:
    """Return why jobs and steps of a workflow cannot be rehearsed, with programs on `path`.

    The keys are the job's key and the step's id or its number, from 0; a whole job has no step.
    """
    reasons = {}
    for key, job in spec["jobs"].items():
        reason = _reason_of_job(job)
        if reason:
            reasons[key, WHOLE_JOB] = reason
        for step, why in _reasons_of_steps(spec, job, path):
            reasons[key, step] = why
    return reasons


def _reason_of_job(job: Spec) -> str:
    if job.get("container"):
        return "the job runs in a container, which is not started here"
    if job.get("services"):
        return "the job's services are not started here"
    for label in map(str.lower, labels_of(job)):
        if label.startswith(("macos", "windows")):
            return f"the job runs on {label}, which this machine is not"
    return ""


def _reasons_of_steps(spec: Spec, job: Spec, path: str) -> Iterator[tuple[str, str]]:
    default = _default_shell(job) or _default_shell(spec)
    for number, step in enumerate(job.get("steps") or ()):
        key = str(step.get("id", number))
        if str(step.get("uses", "")).startswith("docker://"):
            yield key, "the step runs in a container, which is not started here"
        shell = step.get("shell", default)
        if "run" in step and shell in SHELLS and not shutil.which(shell, path=path):
            yield key, f"{shell} is not on this machine"


def _default_shell(part: Spec) -> str:
    """Return the shell that a workflow or a job names for its steps, or nothing."""
    defaults = part.get("defaults") or {}
    run = defaults.get("run") or {}
    return str(run.get("shell", ""))

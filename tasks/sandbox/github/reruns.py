"""Another attempt of a workflow run, in which jobs that succeeded are not executed again.

https://docs.github.com/en/actions/how-tos/manage-workflow-runs/re-run-workflows-and-jobs
"""

from __future__ import annotations

import copy
import shlex
from collections.abc import Mapping

import yaml

from .records import Execution, Refusal
from .runs import Job, Run, create_jobs
from .workflow_files import Spec, WorkflowFile, called_path

IDS_OF_ATTEMPT = 30  # more than a run has jobs
NEVER_RUN_AGAIN = ("startup_failure", "skipped")

Files = Mapping[str, WorkflowFile]


def ensure_may_run_again(run: Run, *, only_failed: bool) -> None:
    """Raise Refusal, as GitHub does, for a run without anything to run again."""
    if run.status != "completed":
        raise Refusal("This workflow is already running", "FORBIDDEN")
    is_refused = run.conclusion in NEVER_RUN_AGAIN
    if is_refused or (only_failed and run.conclusion == "success"):
        raise Refusal("This workflow run cannot be retried", "FORBIDDEN")


def begin_attempt(run: Run, files: Files, *, only_failed: bool) -> Files:
    """Let a run begin again, and return the files of this attempt for act.

    With `only_failed` a job that succeeded keeps its record, and has steps that only repeat its
    outputs. A job with a matrix is executed again for all values.
    """
    earlier = run.jobs
    run.begin_again()
    first = run.id * 100 + (run.attempt - 1) * IDS_OF_ATTEMPT
    run.jobs = create_jobs(first, files[run.path].spec, files)
    if not only_failed:
        return files
    specs = {path: copy.deepcopy(file.spec) for path, file in files.items()}
    for name in run.jobs:
        job = earlier.get(name)
        if job and job.conclusion == "success":
            run.jobs[name] = job
            _repeat_outputs(specs[_path_of(job, run, files)], job)
    attempt = {}
    for path, spec in specs.items():
        attempt[path] = WorkflowFile(yaml.safe_dump(spec, sort_keys=False), spec)
    return attempt


def _path_of(job: Job, run: Run, files: Files) -> str:
    """Return the path of the workflow file that a job is in."""
    for key, part in files[run.path].spec["jobs"].items():
        if job.caller == part.get("name", key):
            return called_path(part)
    return run.path


def _repeat_outputs(spec: Spec, job: Job) -> None:
    part = spec["jobs"][job.key]
    part.pop("if", None)
    part["steps"] = []
    for key, step in job.steps.items():
        part["steps"].append({"id": f"_{key}" if key.isdecimal() else key, "run": _script(step)})


def _script(step: Execution) -> str:
    lines = ["true"]
    for name, value in step.outputs.items():
        text = f"{name}<<END_OF_OUTPUT\n{value}\nEND_OF_OUTPUT\n"
        lines.append(f'printf %s {shlex.quote(text)} >> "$GITHUB_OUTPUT"')
    return "\n".join(lines)

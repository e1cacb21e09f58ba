"""Which steps of a run are not rehearsed in any case, whatever they did."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..github.runs import Run
from ..github.workflow_files import WorkflowFile
from .job_specs import specs_of
from .missing_programs import Note
from .unrunnable import WHOLE_JOB, find_unrunnable

CUT_OFF = re.compile(  # what programs print that have no network, or find no address
    r"Network is unreachable|No route to host|Name or service not known|no such host"
    r"|Temporary failure in name resolution|Could not resolve host|ENETUNREACH|EAI_AGAIN",
    re.IGNORECASE,
)
Key = tuple[str, str]  # the name of a job in the run, and the key of a step of it


def find_unrehearsed(
    run: Run,
    files: Mapping[str, WorkflowFile],
    reasons: Mapping[str, str],
    path: str,
) -> dict[Key, list[str]]:
    """Return why steps of a run are not rehearsed, with programs on `path`.

    `reasons` are those of actions, by what `uses` says.
    """
    found = dict[Key, list[str]]()
    for job in run.jobs.values():
        if not job.started_at:
            continue
        specs = specs_of(job, run, files)
        unrunnable = find_unrunnable(specs.workflow, path)
        for key, step, spec in specs.steps(job):
            causes = [
                unrunnable.get((job.key, WHOLE_JOB)),
                unrunnable.get((job.key, key)),
                reasons.get(str(spec.get("uses", "")).rstrip("/")),
            ]
            listed = [cause for cause in causes if cause]
            if listed and (step.started_at or (job.key, WHOLE_JOB) in unrunnable):
                found[job.name, key] = listed
    return found


def find_cut_off(run: Run) -> list[Key]:
    """Return the steps that failed since they looked for a network without the gateway."""
    found = []
    for job in run.jobs.values():
        for key, step in job.steps.items():
            if step.conclusion == "failure" and CUT_OFF.search(step.log):
                found.append((job.name, key))
    return found


def find_noting(run: Run, files: Mapping[str, WorkflowFile], note: Note) -> list[Key]:
    """Return the steps that may have written a note: one, or those of a job with a matrix."""
    found = []
    for job in run.jobs.values():
        specs = specs_of(job, run, files)
        if job.key == note.job and specs.name == note.workflow and note.step in job.steps:
            found.append((job.name, note.step))
    return found

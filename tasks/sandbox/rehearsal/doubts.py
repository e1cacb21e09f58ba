"""Why the end of a step may be due to the rehearsal, and not to the workflow.

https://docs.github.com/en/actions/reference/workflows-and-actions/contexts
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from ..github.runs import Job, Run
from ..github.workflow_files import Spec, WorkflowFile
from .job_specs import JobSpecs, caller_of, specs_of

Key = tuple[str, str]  # the name of a job in the run, and the key of a step of it
Reasons = Mapping[Key, Sequence[str]]
SECRET = re.compile(r"\bsecrets\.(?!GITHUB_TOKEN\b)(\w+)", re.IGNORECASE)
VARIABLE = re.compile(r"\bvars\.(\w+)")


@dataclass(frozen=True)
class Doubts:
    """What casts doubt on a step: on what it `says` and names, and also on its `failure`."""

    says: tuple[str, ...] = ()
    failure: tuple[str, ...] = ()


def find_doubts(
    run: Run,
    files: Mapping[str, WorkflowFile],
    unrehearsed: Reasons,
) -> dict[Key, Doubts]:
    """Return the doubts on each step of a run.

    `files` are the workflow files by path, `unrehearsed` why steps did not do what they say. Such a
    step casts doubt on the later ones of its job, and on what takes its outputs.
    """
    names = {name for name, _ in unrehearsed}
    tainted = [job for job in run.jobs.values() if job.name in names]
    workflow = files[run.path].spec
    doubts = dict[Key, Doubts]()
    for job in run.jobs.values():
        _, call = caller_of(job, workflow)
        outer = _keys_beside("", tainted, workflow)
        source = _Sources(
            unrehearsed,
            _keys_beside(job.caller, tainted, workflow),
            _unknown_inputs(call, outer),
        )
        specs = specs_of(job, run, files)
        for key, found in _doubts_of_job(job, specs, source):
            doubts[job.name, key] = found
    return doubts


@dataclass(frozen=True)
class _Sources:
    """Where doubts on a job come from: steps, by the keys of jobs beside it, and inputs."""

    unrehearsed: Reasons
    jobs: Collection[str]
    inputs: Collection[str]


def _keys_beside(caller: str, jobs: Iterable[Job], workflow: Spec) -> set[str]:
    """Return the keys of jobs as those see them that the job `caller` calls, or that none does."""
    keys = set()
    for job in jobs:
        if job.caller == caller:
            keys.add(job.key)
        elif not caller:
            keys.add(caller_of(job, workflow)[0])
    return keys


def _unknown_inputs(call: Spec, tainted: Collection[str]) -> list[str]:
    """Return the inputs of a call that come from jobs with unrehearsed steps, or from secrets."""
    names = []
    for name, value in call.get("with", {}).items():
        if list(_named_in(str(value), tainted, {})):
            names.append(name)
    return names


def _doubts_of_job(job: Job, specs: JobSpecs, source: _Sources) -> Iterator[tuple[str, Doubts]]:
    """Yield the key and the doubts of each step of a job."""
    environment = specs.environment
    before: list[str] = []
    steps = dict[str, str]()  # names of those that were not rehearsed by key
    for key, step, spec in specs.steps(job):
        text = _with_environment(yaml.safe_dump(spec, width=1000), environment)
        direct = list(source.unrehearsed.get((job.name, key), ()))
        says = [*direct, *_named_in(text, source.jobs, steps)]
        for name in source.inputs:
            if f"inputs.{name}" in text:
                says.append(f"the input {name} is not known here")
        says += _artifacts_in(str(spec.get("uses", "")), source.jobs)
        yield key, Doubts(tuple(says), (*says, *before))
        if direct:
            steps[key] = step.name
            before.append(f'the step "{step.name}" before it was not rehearsed')


def _with_environment(text: str, environment: Mapping[str, str]) -> str:
    """Return the text of a step with the values of the variables that it names."""
    for name, value in environment.items():
        if re.search(rf"\b{re.escape(name)}\b", text):
            text += f"\n{value}"
    return text


def _named_in(text: str, jobs: Iterable[str], steps: Mapping[str, str]) -> Iterator[str]:
    """Yield what a text takes from where nothing real is: secrets, variables, outputs."""
    for name in dict.fromkeys(SECRET.findall(text)):
        yield f"the secret {name} is not here"
    for name in dict.fromkeys(VARIABLE.findall(text)):
        yield f"the variable {name} of the repository is not here"
    for key, name in steps.items():
        if re.search(rf"\bsteps\.{re.escape(key)}\.", text):
            yield f'it takes outputs of the step "{name}", which was not rehearsed'
    for key in jobs:
        if re.search(rf"\bneeds\.{re.escape(key)}\.outputs\b", text):
            yield f"it takes outputs of the job {key}, not all of which was rehearsed"


def _artifacts_in(uses: str, jobs: Iterable[str]) -> Iterator[str]:
    """Yield from which jobs a step may get artifacts that are not what they would be."""
    if "/download-artifact@" in uses:
        for key in jobs:
            yield f"it may get artifacts of the job {key}, not all of which was rehearsed"

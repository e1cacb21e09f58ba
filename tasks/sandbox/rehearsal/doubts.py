"""Why the end of a step may be due to the rehearsal, and not to the workflow.

https://docs.github.com/en/actions/reference/workflows-and-actions/contexts
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from ..github.runs import Job, Run
from ..github.workflow_files import Spec, WorkflowFile, called_path

Key = tuple[str, str]  # of a job, and of a step of it
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
    """Return the doubts on each step of a run by the keys of its job and of itself.

    `files` are the workflow files by path, `unrehearsed` why steps did not do what they say. Such a
    step casts doubt on the later ones of its job, and on what takes its outputs.
    """
    workflow = files[run.path].spec
    tainted = set[str]()  # the keys of jobs with a step that was not rehearsed
    for job in run.jobs.values():
        if any(key == job.key for key, _ in unrehearsed):
            tainted |= {job.key, _caller_of(job, workflow)[0]}
    doubts = dict[Key, Doubts]()
    for job in run.jobs.values():
        _, call = _caller_of(job, workflow)
        called = files.get(called_path(call))
        specs = _Specs(called.spec if called else workflow, job.key)
        names = _unknown_inputs(call, tainted)
        for key, found in _doubts_of_job(job, specs, unrehearsed, tainted, names):
            doubts[job.key, key] = found
    return doubts


@dataclass(frozen=True)
class _Specs:
    """What a workflow file says, and the key of one of its jobs."""

    workflow: Spec
    key: str

    @property
    def job(self) -> Spec:
        """What it says of the job; nothing of one that stands for a skipped call."""
        found: Spec = self.workflow["jobs"].get(self.key, {})
        return found

    @property
    def environment(self) -> dict[str, str]:
        """The variables that all steps of the job have."""
        return {**_texts(self.workflow.get("env")), **_texts(self.job.get("env"))}


def _caller_of(job: Job, workflow: Spec) -> tuple[str, Spec]:
    """Return the key of the job that calls the workflow of this one, and what it says."""
    for key, part in workflow["jobs"].items():
        if job.caller and part.get("name", key) == job.caller:
            return key, part
    return "", {}


def _unknown_inputs(call: Spec, tainted: Iterable[str]) -> list[str]:
    """Return the inputs of a call that come from jobs with unrehearsed steps, or from secrets."""
    names = []
    for name, value in call.get("with", {}).items():
        if list(_named_in(str(value), tainted, {})):
            names.append(name)
    return names


def _doubts_of_job(
    job: Job,
    specs: _Specs,
    unrehearsed: Reasons,
    tainted: Iterable[str],
    inputs: Iterable[str],
) -> Iterator[tuple[str, Doubts]]:
    """Yield the key and the doubts of each step of a job."""
    environment = specs.environment
    before: list[str] = []
    steps = dict[str, str]()  # names of those that were not rehearsed by key
    for spec, (key, step) in zip(specs.job.get("steps", []), job.steps.items(), strict=False):
        text = _with_environment(yaml.safe_dump(spec, width=1000), environment)
        direct = list(unrehearsed.get((job.key, key), ()))
        says = [*direct, *_named_in(text, tainted, steps)]
        says += [f"inputs.{name} is unknown" for name in inputs if f"inputs.{name}" in text]
        yield key, Doubts(tuple(says), (*says, *before))
        if direct:
            steps[key] = step.name
            before.append(f'the step "{step.name}" before it was not rehearsed')


def _texts(values: object) -> dict[str, str]:
    if not isinstance(values, dict):
        return {}
    return {str(name): str(value) for name, value in values.items()}


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
        if key and re.search(rf"\bneeds\.{re.escape(key)}\.outputs\b", text):
            yield f"it takes outputs of the job {key}, not all of which was rehearsed"

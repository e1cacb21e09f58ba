"""Why the end of a step may be due to the rehearsal, and not to the workflow.

https://docs.github.com/en/actions/reference/workflows-and-actions/contexts
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from ..github.runs import Job, Run
from ..github.workflow_files import Spec, WorkflowFile
from .job_specs import JobSpecs, caller_of, specs_of
from .known_actions import may_change_files
from .mentions import find_artifacts, find_named, find_other_event, with_environment
from .unrunnable import WHOLE_JOB

Key = tuple[str, str]  # the name of a job in the run, and the key of a step of it
Reasons = Mapping[Key, Sequence[str]]


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
    step casts doubt on the later ones of its job, and on what takes its outputs. So does one that
    failed in doubt: what always runs may depend on it, also in jobs that need its job.
    """
    found = _find_doubts(run, files, unrehearsed, ())
    return _find_doubts(run, files, unrehearsed, _failed_in_doubt(run, found))


def _failed_in_doubt(run: Run, doubts: Mapping[Key, Doubts]) -> list[Job]:
    """Return the jobs with a failure that has doubts."""
    found = []
    for job in run.jobs.values():
        for key, step in job.steps.items():
            if step.conclusion == "failure" and doubts[job.name, key].failure:
                found.append(job)
                break
    return found


def _find_doubts(
    run: Run,
    files: Mapping[str, WorkflowFile],
    unrehearsed: Reasons,
    failed: Collection[Job],
) -> dict[Key, Doubts]:
    """Return the doubts on each step, if these jobs failed in doubt."""
    names = {name for name, _ in unrehearsed}
    tainted = [job for job in run.jobs.values() if job.name in names]
    workflow = files[run.path].spec
    outer = _keys_beside("", tainted, workflow)
    doubts = dict[Key, Doubts]()
    for job in run.jobs.values():
        _, call = caller_of(job, workflow)
        beside = _keys_beside(job.caller, tainted, workflow)
        inputs = _unknown_inputs(call, outer)
        specs = specs_of(job, run, files)
        own = _decisive_parts(specs.job, job)
        of_call = _decisive_parts(call, job)
        of_job = [
            *find_named(own, beside, {}),
            *find_named(of_call, outer, {}),
            *find_other_event(job, f"{own}\n{of_call}"),
        ]
        failed_beside = _keys_beside(job.caller, failed, workflow)
        failed_outside = _keys_beside("", failed, workflow)
        needed = [
            *_failed_needs(specs.job, failed_beside),
            *_failed_needs(call, failed_outside),
        ]
        source = _Sources(
            unrehearsed,
            beside,
            inputs,
            of_job,
            needed,
        )
        for key, found in _doubts_of_job(job, specs, source):
            doubts[job.name, key] = found
    return doubts


@dataclass(frozen=True)
class _Sources:
    """Where doubts on a job come from: steps, by the keys of jobs beside it, and inputs.

    `of_job` are the doubts on whether it runs, and how often, `needed` those on jobs before it.
    """

    unrehearsed: Reasons
    jobs: Collection[str]
    inputs: Collection[str]
    of_job: Sequence[str]
    needed: Sequence[str]


def _keys_beside(
    caller: str,
    jobs: Iterable[Job],
    workflow: Spec,
) -> set[str]:
    """Return the keys of jobs as those see them that the job `caller` calls, or that none does."""
    keys = set()
    for job in jobs:
        if job.caller == caller:
            keys.add(job.key)
        elif not caller:
            keys.add(caller_of(job, workflow)[0])
    return keys


def _failed_needs(job: Spec, failed: Collection[str]) -> Iterator[str]:
    """Yield which of the jobs failed that a job needs."""
    needs = job.get("needs") or []
    for key in [needs] if isinstance(needs, str) else needs:
        if key in failed:
            yield f"the job {key}, which it needs, failed here"


def _unknown_inputs(call: Spec, tainted: Collection[str]) -> list[str]:
    """Return the inputs of a call that come from jobs with unrehearsed steps, or from secrets."""
    names = []
    for name, value in call.get("with", {}).items():
        if list(find_named(str(value), tainted, {})):
            names.append(name)
    return names


def _doubts_of_job(
    job: Job,
    specs: JobSpecs,
    source: _Sources,
) -> Iterator[tuple[str, Doubts]]:
    """Yield the key and the doubts of each step of a job."""
    environment = specs.environment
    before = list(source.needed)
    steps = dict[str, str]()  # names of those that were not rehearsed by key
    if not job.steps:
        of_job = tuple(source.of_job)
        yield WHOLE_JOB, Doubts(of_job, of_job)
    for key, step, spec in specs.steps(job):
        own = _as_text(spec)
        text = with_environment(own, environment)
        direct = list(source.unrehearsed.get((job.name, key), ()))
        says = [*direct, *find_named(text, source.jobs, steps), *source.of_job]
        for name in source.inputs:
            if f"inputs.{name}" in text:
                says.append(f"the input {name} is not known here")
        uses = str(spec.get("uses", ""))
        condition = str(spec.get("if", ""))
        says += find_artifacts(uses, source.jobs)
        says += find_other_event(step, condition)
        yield key, Doubts(tuple(says), (*says, *before))
        if step.conclusion == "failure" and (says or before):
            before.append(f'the step "{step.name}" before it failed here')
        if direct:
            steps[key] = step.name
        if direct and may_change_files(spec, direct):
            why = "; ".join(dict.fromkeys(direct))
            before.append(f'the step "{step.name}" before it was not rehearsed: {why}')


def _as_text(spec: Spec) -> str:
    return yaml.safe_dump(spec, width=1000)


def _decisive_parts(spec: Spec, job: Job) -> str:
    """Return what a job, or its call, says of whether it runs, and how often."""
    names = ["strategy"]
    if job.conclusion == "skipped":
        names.append("if")
    parts = {}
    for name in names:
        if name in spec:
            parts[name] = spec[name]
    return _as_text(parts)

"""What is wrong with the structure of a workflow file; whatever is in it is read without errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def as_mapping(value: Any) -> dict[Any, Any]:
    """Return the value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return the value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_names(value: Any) -> list[str]:
    """Return the names in a list, or the one name that is the value."""
    if isinstance(value, str):
        return [value]
    return [name for name in as_list(value) if isinstance(name, str)]


def _has_only_names(value: Any) -> bool:
    if isinstance(value, str):
        return True
    return isinstance(value, list) and as_names(value) == value


def find_faults(document: Mapping[Any, Any]) -> Iterator[str]:
    """Yield the faults of a workflow in words."""
    for key in ("on", "jobs"):
        if not document.get(key):
            yield f"it has no `{key}`"
    jobs = document.get("jobs")
    yield from _trigger_faults(document.get("on"))
    yield from _mapping_faults("`jobs`", jobs)
    yield from _env_faults("the workflow", document)
    job_of_name = as_mapping(jobs)
    names = {str(name) for name in job_of_name}
    for name, job in job_of_name.items():
        yield from _job_faults(f"job {name}", job, names)


def _trigger_faults(on: Any) -> Iterator[str]:
    if on is not None and not isinstance(on, dict) and not _has_only_names(on):
        yield "`on` is not an event, a list of events or a mapping"
    dispatch = as_mapping(on).get("workflow_dispatch")
    yield from _mapping_faults("workflow_dispatch", dispatch)
    inputs = as_mapping(dispatch).get("inputs")
    yield from _mapping_faults("`inputs`", inputs)
    for name, options in as_mapping(inputs).items():
        yield from _mapping_faults(f"input {name}", options)


def _mapping_faults(what: str, value: Any) -> Iterator[str]:
    if value is not None and not isinstance(value, dict):
        yield f"{what} is not a mapping"


def _env_faults(where: str, holder: Mapping[Any, Any]) -> Iterator[str]:
    env = holder.get("env")
    if isinstance(env, str) and "${{" in env:
        return
    yield from _mapping_faults(f"`env` of {where}", env)


def _job_faults(where: str, job: Any, names: set[str]) -> Iterator[str]:
    """Yield the faults of one job; `names` are those of all jobs."""
    if job is None:
        yield f"{where} is empty"
        return
    if not isinstance(job, dict):
        yield from _mapping_faults(where, job)
        return
    if "uses" not in job:  # else it calls another workflow
        for key in ("runs-on", "steps"):
            if not job.get(key):
                yield f"{where} has no `{key}`"
    yield from _needs_faults(where, job.get("needs"), names)
    yield from _env_faults(where, job)
    yield from _steps_faults(where, job.get("steps"))


def _needs_faults(where: str, needs: Any, names: set[str]) -> Iterator[str]:
    for name in as_names(needs):
        if name not in names:
            yield f"{where} needs {name}, which does not exist"
    if needs and not _has_only_names(needs):
        yield f"`needs` of {where} is not a job or a list of jobs"


def _steps_faults(where: str, steps: Any) -> Iterator[str]:
    if steps and not isinstance(steps, list):
        yield f"`steps` of {where} is not a list"
    for number, step in enumerate(as_list(steps), 1):
        name = f"step {number} of {where}"
        fields = as_mapping(step)
        if ("run" in fields) == ("uses" in fields):
            yield f"{name} needs either `run` or `uses`"
        yield from _env_faults(name, fields)

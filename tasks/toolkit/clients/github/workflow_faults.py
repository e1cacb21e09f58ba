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
    return isinstance(value, str) or (isinstance(value, list) and as_names(value) == value)


def find_faults(document: Mapping[Any, Any]) -> list[str]:
    """Return the faults of a workflow in words."""
    faults = [f"it has no `{key}`" for key in ("on", "jobs") if not document.get(key)]
    faults += _trigger_faults(document.get("on"))
    jobs = document.get("jobs")
    faults += _mapping_faults("`jobs`", jobs)
    faults += _env_faults("the workflow", document)
    names = {str(name) for name in as_mapping(jobs)}
    for name, job in as_mapping(jobs).items():
        faults += _job_faults(f"job {name}", job, names)
    return faults


def _trigger_faults(on: Any) -> Iterator[str]:
    if not isinstance(on, dict | None) and not _has_only_names(on):
        yield "`on` is not an event, a list of events or a mapping"
    dispatch = as_mapping(on).get("workflow_dispatch")
    inputs = as_mapping(dispatch).get("inputs")
    yield from _mapping_faults("workflow_dispatch", dispatch)
    yield from _mapping_faults("`inputs`", inputs)
    for name, options in as_mapping(inputs).items():
        yield from _mapping_faults(f"input {name}", options)


def _mapping_faults(what: str, value: Any) -> list[str]:
    if isinstance(value, dict | None):
        return []
    return [f"{what} is not a mapping"]


def _env_faults(where: str, holder: Mapping[Any, Any]) -> list[str]:
    env = holder.get("env")
    if isinstance(env, str) and "${{" in env:
        return []
    return _mapping_faults(f"`env` of {where}", env)


def _job_faults(where: str, job: Any, names: set[str]) -> Iterator[str]:
    """Yield the faults of one job; `names` are those of all jobs."""
    if job is None:
        yield f"{where} is empty"
        return
    yield from _mapping_faults(where, job)
    if not isinstance(job, dict):
        return
    yield from _missing_keys(where, job)
    yield from _needs_faults(where, job.get("needs") or [], names)
    yield from _env_faults(where, job)
    steps = job.get("steps") or []
    if not isinstance(steps, list):
        yield f"`steps` of {where} is not a list"
    for number, step in enumerate(as_list(steps), 1):
        yield from _step_faults(f"step {number} of {where}", step)


def _missing_keys(where: str, job: Mapping[Any, Any]) -> Iterator[str]:
    if "uses" in job:  # it calls another workflow
        return
    for key in ("runs-on", "steps"):
        if not job.get(key):
            yield f"{where} has no `{key}`"


def _needs_faults(where: str, needs: Any, names: set[str]) -> Iterator[str]:
    for name in as_names(needs):
        if name not in names:
            yield f"{where} needs {name}, which does not exist"
    if not _has_only_names(needs):
        yield f"`needs` of {where} is not a job or a list of jobs"


def _step_faults(where: str, step: Any) -> Iterator[str]:
    keys = as_mapping(step).keys()
    if ("run" in keys) == ("uses" in keys):
        yield f"{where} needs either `run` or `uses`"
    yield from _env_faults(where, as_mapping(step))

"""What GitHub refuses for a lack of `permissions`, which a rehearsal does not keep to.

https://docs.github.com/en/actions/reference/workflows-and-actions/reusing-workflow-configurations
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import yaml

from ..github.runs import Job, Run
from ..github.workflow_files import Spec, WorkflowFile, called_path
from .job_specs import JobSpecs, caller_of, specs_of
from .mentions import SECRET
from .services import Upload

Permissions = dict[str, str]  # the level by scope
ALL = "*"  # stands for each scope that is not named
LEVELS = {"none": 0, "read": 1, "write": 2}
GHCR = "ghcr.io"
LOGS_IN = re.compile(
    r"login|registry|push|GITHUB_ENV|GITHUB_OUTPUT|\.sh\b|\bmake\b|uses: \./", re.IGNORECASE
)


def find_faults(
    run: Run,
    files: Mapping[str, WorkflowFile],
    uploads: Iterable[Upload],
) -> Iterator[str]:
    """Yield why GitHub starts no run of the workflow, or does not let a job push to GHCR.

    `files` are the workflow files by path. Permissions that no file gives are those of the
    repository's settings, which are not known here.
    """
    workflow = files[run.path].spec
    for key, call in workflow["jobs"].items():
        path = called_path(call)
        if path in files:
            yield from _faults_of_call(
                run.path,
                key,
                workflow,
                path,
                files[path].spec,
            )
    pushing = {}
    for upload in uploads:
        if upload.host == GHCR and len(upload.steps) == 1:
            name = upload.steps[0][0]
            pushing[name] = run.jobs[name]
    for job in pushing.values():
        yield from _faults_of_push(job, run, files)


def _faults_of_call(
    caller: str,
    key: str,
    workflow: Spec,
    path: str,
    called: Spec,
) -> Iterator[str]:
    """Yield what jobs of a called workflow ask for and are not allowed; that stops the start."""
    allowed = _declared(workflow["jobs"][key], workflow)
    if allowed is None:
        return
    for name, job in called["jobs"].items():
        wanted = _declared(job, called) or {}
        for scope, level in wanted.items():
            given = _level(allowed, scope)
            if LEVELS.get(level, 0) > LEVELS.get(given, 0):
                what = "write-all" if scope == ALL else f"{scope}: {level}"
                yield (
                    f"GitHub does not start {caller}: its job {key} allows {scope}: {given},"
                    f" and the job {name} of {path} wants {what}"
                )


def _faults_of_push(
    job: Job,
    run: Run,
    files: Mapping[str, WorkflowFile],
) -> Iterator[str]:
    """Yield why the token of a job may not push to GHCR, if no other token may be used there."""
    specs = specs_of(job, run, files)
    if _may_use_another_token(specs):
        return
    given = _declared(specs.job, specs.workflow)
    if given is None:
        _, call = caller_of(job, files[run.path].spec)
        given = _declared(call, files[run.path].spec)
    if given is not None and _level(given, "packages") != "write":
        yield (
            f"GHCR refuses what the job {job.name} pushes: its permissions in {specs.path}"
            f" have packages: {_level(given, 'packages')}, and packages: write is needed"
        )


def _may_use_another_token(specs: JobSpecs) -> bool:
    """Return whether a secret other than GITHUB_TOKEN may be the password of GHCR."""
    if any(SECRET.search(value) for value in specs.environment.values()):
        return True
    for step in specs.job.get("steps") or ():
        text = yaml.safe_dump(step)
        if SECRET.search(text) and LOGS_IN.search(text) and not _is_of_docker_hub(step):
            return True
    return False


def _is_of_docker_hub(step: Spec) -> bool:
    """Return whether a step logs in to Docker Hub, which no registry stands for."""
    is_login = "docker/login-action@" in str(step.get("uses", ""))
    return is_login and "registry" not in (step.get("with") or {})


def _declared(job: Spec, workflow: Spec) -> Permissions | None:
    """Return the permissions of a job, which are those of the workflow if it has none."""
    for part in (job, workflow):
        if "permissions" in part:
            return _parse(part["permissions"])
    return None


def _parse(value: object) -> Permissions:
    if isinstance(value, str):
        return {ALL: value.removesuffix("-all")}
    if isinstance(value, dict):
        return {str(scope): str(level) for scope, level in value.items()}
    return {}


def _level(permissions: Permissions, scope: str) -> str:
    return permissions.get(scope, permissions.get(ALL, "none"))

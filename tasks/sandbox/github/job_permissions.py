"""What the token of a job may do: what its `permissions` allow, and what no such token may.

https://docs.github.com/actions/concepts/security/github_token
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from .records import Pull, Refusal
from .repository import Repository
from .runs import Job, Run
from .scopes import Scopes, changed_workflow, forbidden_workflow
from .workflow_files import Spec, WorkflowFile, called_path
from .workflows import Actions

Permissions = Mapping[str, str]  # the level by name
NAMES = ("actions", "contents", "issues", "packages", "pull-requests")
BOT = "github-actions[bot]"
REFUSAL = "Resource not accessible by integration"
REFUSAL_OF_PERSON = "Resource not accessible by personal access token"
NO_PULLS = "GitHub Actions is not permitted to create or approve pull requests"
NO_WORKFLOW = (
    "refusing to allow a GitHub App to create or update workflow `{}`"
    " without `workflows` permission"
)
NO_SCOPE = (
    "refusing to allow a Personal Access Token to create or update workflow `{}`"
    " without `workflow` scope"
)
OPENS_PULLS = ("createPullRequest", "revertPullRequest")
MUTATIONS = {  # beside those that change only an issue, or only a pull request
    "enablePullRequestAutoMerge": ("contents", "pull_requests"),
    "mergePullRequest": ("contents", "pull_requests"),
    "revertPullRequest": ("contents", "pull_requests"),
}


class Asked(Protocol):
    """What counts here of the state of a repository that is asked."""

    repository: Repository
    actions: Actions
    scopes: Scopes
    permissions: defaultdict[str, str]
    job_acts: bool


def viewer(github: Asked) -> str:
    """Return the login of whoever asks, as REST and the viewer of GraphQL have it."""
    return BOT if github.job_acts else github.repository.owner


def needed_by(mutation: str) -> tuple[str, ...]:
    """Return the permissions that a mutation needs."""
    default = "pull_requests" if "PullRequest" in mutation else "issues"
    return MUTATIONS.get(mutation, (default,))


def ensure_permitted(github: Asked, permission: str) -> None:
    """Raise Refusal unless whoever asks may change what a permission is for."""
    if not github.job_acts:
        if github.permissions[permission] != "write":
            raise Refusal(REFUSAL_OF_PERSON, "FORBIDDEN")
        return
    name = permission.replace("_", "-")
    granted = [given.get(name, "none") for given in _granted(github.actions)]
    if granted and "write" not in granted:
        raise Refusal(REFUSAL, "FORBIDDEN")


def ensure_may_open_pulls(github: Asked, mutation: str) -> None:
    """Raise Refusal if the settings of the repository let no job open pull requests."""
    if github.job_acts and mutation in OPENS_PULLS and not github.actions.may_open_pulls:
        raise Refusal(NO_PULLS)


def refuse_workflow(github: Asked, pull: Pull) -> None:
    """Raise Refusal if whoever asks may not push what a pull request changes."""
    path = forbidden_path(github, pull)
    if path:
        text = NO_WORKFLOW if github.job_acts else NO_SCOPE
        raise Refusal(text.format(path))


def forbidden_path(github: Asked, pull: Pull) -> str:
    """Return a workflow that a pull request changes and whoever asks may not, or nothing."""
    if github.job_acts:
        return changed_workflow(github.repository, pull)
    return forbidden_workflow(github.scopes, github.repository, pull)


def _granted(actions: Actions) -> Iterator[Permissions]:
    """Yield what each job that runs now may do; they share one token, so one of them asks."""
    is_running = False
    for run in actions.runs:
        if run.status == "completed":
            continue
        files = actions.files_at(run.head_sha)
        for job in run.jobs.values():
            if job.status == "in_progress":
                is_running = True
                yield permissions_of(job, run, files, actions.default_permissions)
    if not is_running:
        yield _parse(actions.default_permissions)


def permissions_of(
    job: Job,
    run: Run,
    files: Mapping[str, WorkflowFile],
    default: str,
) -> Permissions:
    """Return what the token of a job may do: as the job says, or its workflow, or by default.

    A called workflow without its own has those of the job that calls it.
    """
    workflow = files[run.path].spec
    part = _part(workflow, job)
    sources = [part, workflow]
    called = files.get(called_path(part))
    if called:
        sources = [called.spec["jobs"][job.key], called.spec, *sources]
    for source in sources:
        if "permissions" in source:
            return _parse(source["permissions"])
    return _parse(default)


def _part(workflow: Spec, job: Job) -> Spec:
    """Return the job of a run's workflow that is `job`, or that calls the workflow of `job`."""
    jobs: dict[str, Spec] = workflow["jobs"]
    if not job.caller:
        return jobs[job.key]
    for key, part in jobs.items():
        if part.get("name", key) == job.caller:
            return part
    raise LookupError(job.caller)


def _parse(given: Any) -> Permissions:
    """Return `permissions` by name: `write-all`, `read-all`, or those that are listed."""
    if isinstance(given, str):
        level = given.removesuffix("-all")
        return dict.fromkeys(NAMES, level)
    if not given:
        return {}
    return dict(given)

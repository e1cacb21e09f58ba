"""What the GITHUB_TOKEN of a job cannot do, said before the first side effect.

A dry run goes on: it may run where the secret of an environment is not given yet.
https://docs.github.com/actions/how-tos/write-workflows/choose-when-workflows-run/trigger-a-workflow
"""

from __future__ import annotations

from functools import partial

from ..clients.github.ref_filters import starts_on_push
from ..clients.github.workflow_calls import WORKFLOWS
from ..clients.github.workflow_faults import as_mapping
from ..clients.github.workflow_file import parse_workflows
from ..console.output import status
from ..core.errors import RecipeError, Refused
from .project import Project

LOGIN = "GITHUB_TOKEN of GitHub Actions"
STARTS_NOTHING = f"what {LOGIN} pushes, merges or tags starts no workflow"
NEEDED = "the secret ROLLBACK_TOKEN, a token with the scopes repo, workflow and write:packages"
USE_ANOTHER = f"set {NEEDED}: docs/actions.md"


def ensure_job_may_change(project: Project, what: str, before: str, after: str) -> None:
    """Check that the token of a job may push `what`, which makes one tree of another.

    Raises Refused.
    """
    if not project.github.job_token.is_used:
        return
    files = project.git.trees.differing_files(before, after)
    workflows = [file for file in files if file.startswith(f"{WORKFLOWS}/")]
    if workflows:
        names = ", ".join(workflows)
        _refuse(project, f"{LOGIN} may not change workflows, and {what} changes {names}")


def ensure_tag_starts_runs(project: Project) -> None:
    """Check that a tag which git pushes starts workflows. Raises Refused."""
    if not project.git.origin.url().startswith("https:"):  # it is pushed with a key
        return
    if project.github.job_token.is_used:
        _refuse(project, STARTS_NOTHING)


def warn_of_merge(project: Project, branch: str) -> None:
    """Say what does not start by itself if the token of a job opens and merges a pull request."""
    if not project.github.job_token.is_used:
        return
    try:
        checks = project.github.required_checks(branch)
    except RecipeError as error:
        status(f"could not tell which checks {branch} requires: {error.what}", "warning")
        checks = []
    if checks:
        names = ", ".join(checks)
        what = f"{branch} requires {names}, and no check starts on a PR of GITHUB_TOKEN"
        status(f"{what} before you press `Approve workflows to run` there", "warning")
    workflows = _started_by_push(project, branch)
    if workflows:
        names = ", ".join(workflows)
        what = f"a merge by GITHUB_TOKEN does not start {names}"
        status(f"{what}: run it by hand, or set the secret ROLLBACK_TOKEN", "warning")


def _started_by_push(project: Project, branch: str) -> list[str]:
    """Return the files of the workflows that a push to a branch starts; its paths are not asked."""
    git = project.git
    tip = git.fetch(branch)
    texts = git.files.in_folder(tip, WORKFLOWS)
    workflows = parse_workflows(texts)
    ref = f"refs/heads/{branch}"
    names = []
    for path, workflow in workflows.items():
        triggers = workflow.triggers
        if "push" not in triggers:
            continue
        filters = as_mapping(triggers["push"])
        if starts_on_push(filters, ref):
            name = path.removeprefix(f"{WORKFLOWS}/")
            names.append(name)
    return names


def _refuse(project: Project, what: str) -> None:
    """Raise Refused; in a dry run, only warn."""
    refusal = Refused(
        f"{what}; nothing was changed",
        USE_ANOTHER,
    )
    executor = project.runner.executor
    executor.quietly(partial(_raise, refusal))
    status(f"{what}; the job that recovers needs {NEEDED}", "warning")


def _raise(error: Refused) -> None:
    raise error

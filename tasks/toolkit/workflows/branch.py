"""What a branch holds: the workflow's file, at origin or in the working copy, and its commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..clients.github.workflow_file import Workflow
from ..console.output import status
from ..core.errors import BadInput
from ..core.shell import join, quote
from ..core.yaml_file import read_yaml_text
from ..incident.project import Project
from .callers import missing_workflow, workflows_at, workflows_in

TEST_VERSION = "999.0.0-test"  # a pre-release, which users get only if they ask for it


@dataclass(frozen=True)
class WorkflowFile:
    """The workflow's file on a branch at origin, or in the working copy.

    `branch` is empty if none is checked out. `base_text` is the file where the branch began,
    `default_text` the file on the default branch now, empty if it is not there. `workflows` are
    all that are there, by path.
    """

    branch: str
    text: str
    workflow: Workflow
    base_text: str
    default_text: str
    chart_name: str
    workflows: Mapping[str, Workflow]

    @property
    def place(self) -> str:
        """The branch, in words if none is checked out."""
        return self.branch or "a detached HEAD"


def fetch_branch(project: Project, branch: str) -> str:
    """Fetch a branch from origin and return its commit. Raises BadInput if origin lacks it."""
    if not project.git.remote_commit(branch):
        advice = f"`git push --set-upstream origin {quote(branch)}`, or give another"
        raise BadInput(f"origin has no branch {branch}", advice)
    return project.git.fetch(branch)


def read_workflow_file(project: Project, branch: str) -> WorkflowFile:
    """Return the file on a branch at origin, or else in the working copy. Raises BadInput."""
    git = project.git
    path = project.workflow_path
    tip = git.fetch(project.default_branch)
    text = ""
    if branch:
        commit = fetch_branch(project, branch)
        text = git.files.read(commit, path)
        workflows = workflows_at(project, commit)
    else:
        commit = git.resolve("HEAD")
        branch = git.current_branch()
        workflows = workflows_in(project.root)
        file = project.root / path
        if file.is_file():
            text = read_yaml_text(file)
    if not text:
        raise missing_workflow(project, workflows, branch or "the working copy")
    base = git.history.merge_base(commit, tip)
    return WorkflowFile(
        branch=branch,
        text=text,
        workflow=Workflow.parse(text, path),
        base_text=git.files.read(base, path),
        default_text=git.files.read(tip, path),
        chart_name=project.chart_at(commit).name,
        workflows=workflows,
    )


def catch_up_command(branch: str, main: str) -> str:
    """Return the command that brings a branch up to the default branch at origin."""
    if branch == main:
        return "git pull"
    return join(["git", "rebase", f"origin/{main}"])


def warn_if_behind(project: Project, commit: str) -> None:
    """Report the commits of the default branch at origin that a commit lacks."""
    git = project.git
    main = project.default_branch
    tip = git.fetch(main)
    missing = git.history.commits_behind(commit, tip)
    if not missing:
        return
    commits = "1 commit" if missing == 1 else f"{missing} commits"
    command = catch_up_command(git.current_branch(), main)
    status(f"HEAD lacks {commits} of {main} at origin; to catch up: {command}", "warning")


def commit_of(project: Project, ref: str) -> str:
    """Return the commit that `ref` names here, or as a branch at origin. Raises BadInput."""
    try:
        return project.git.resolve(ref)
    except BadInput:
        if not project.git.remote_commit(ref):
            raise
        return project.git.fetch(ref)

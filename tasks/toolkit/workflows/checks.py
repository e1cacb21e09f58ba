"""Checks of the workflow's file before it is merged, as findings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from ..clients.github.workflow_file import Workflow, lint
from ..clients.process import ProcessRunner
from ..console.findings import Finding, run_checks
from ..core.errors import BadInput
from ..incident.project import Project

TEST_VERSION = "999.0.0-test"  # a pre-release, which users get only if they ask for it
MOST_PROBLEMS = 5
# https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows
NOT_ON_BRANCH = "GitHub does not know the file before it is on {}"
MERGE_FIRST = "merge the file there first, at least with one step that does nothing"
MALFORMED = ("unverified", "the file is malformed", "correct the file first")


@dataclass(frozen=True)
class WorkflowFile:
    """The workflow's file on a branch at origin, or in the working copy.

    `branch` is empty if none is checked out. `base_text` is the file where the branch began,
    `default_text` the file on the default branch now, empty if it is not there.
    """

    branch: str
    text: str
    workflow: Workflow
    base_text: str
    default_text: str
    chart_name: str

    @property
    def place(self) -> str:
        """The branch, in words if none is checked out."""
        return self.branch or "a detached HEAD"


def fetch_branch(project: Project, branch: str) -> str:
    """Fetch a branch from origin and return its commit. Raises BadInput if origin lacks it."""
    if not project.git.remote_commit(branch):
        advice = f"`git push --set-upstream origin {branch}`, or give another"
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
        text = git.read_file(commit, path)
    else:
        commit = git.resolve("HEAD")
        branch = git.current_branch()
        file = project.root / path
        if file.is_file():
            text = file.read_text(encoding="utf-8")
    if not text:
        advice = "set WORKFLOW to the file's name in .github/workflows"
        raise BadInput(f"{branch or 'the working copy'} has no {path}", advice)
    base = git.history.merge_base(commit, tip)
    return WorkflowFile(
        branch=branch,
        text=text,
        workflow=Workflow.parse(text, path),
        base_text=git.read_file(base, path),
        default_text=git.read_file(tip, path),
        chart_name=project.chart_at(commit).name,
    )


def check_workflow_file(project: Project, file: WorkflowFile) -> list[Finding]:
    """Check where the workflow is changed, its form, whether it runs by hand, and its paths."""
    main = project.default_branch
    checks = {
        "branch": partial(check_branch, file, main),
        "form": partial(check_form, file, project.runner),
        "dispatch": partial(check_dispatch, file, main),
        "path": partial(check_path, file, project.slug, project.install_reference().oci),
    }
    return run_checks(checks, "unverified")


def check_branch(file: WorkflowFile, main: str) -> Finding:
    """Check that the workflow is changed on a feature branch only, not on the default branch."""
    is_changed = file.text != file.base_text
    is_outdated = file.default_text != file.base_text
    if is_changed and file.branch in ("", main):
        evidence = f"the workflow is changed on {file.place}, not on a feature branch"
        return Finding("branch", "failed", evidence, "git switch --create a-feature-branch")
    if is_changed and is_outdated:
        evidence = f"the workflow is changed on {file.place}, and since then on {main} too"
        return Finding("branch", "failed", evidence, f"git rebase origin/{main}, then test again")
    if is_outdated:
        evidence = f"the workflow on {file.place} is older than on {main} at origin"
        return Finding("branch", "unverified", evidence, catch_up_command(file.branch, main))
    if is_changed:
        return Finding("branch", "passed", f"the workflow is changed on {file.place} only")
    return Finding("branch", "passed", f"the workflow is the same as on {main}")


def catch_up_command(branch: str, main: str) -> str:
    """Return the command that brings a branch up to the default branch at origin."""
    return "git pull" if branch == main else f"git rebase origin/{main}"


def check_form(file: WorkflowFile, runner: ProcessRunner) -> Finding:
    """Check that the workflow is well formed, with actionlint where it is installed."""
    evidence = "actionlint finds no problem"
    problems = lint(runner, file.text)
    if problems is None:
        evidence = "its shape is valid (actionlint, which checks more, is not installed)"
        problems = file.workflow.faults()
    if not problems:
        return Finding("form", "passed", evidence)
    lines = [textwrap.shorten(problem, 200) for problem in problems[:MOST_PROBLEMS]]
    if len(problems) > MOST_PROBLEMS:
        lines.append(f"and {len(problems) - MOST_PROBLEMS} more")
    return Finding("form", "failed", "\n".join(lines), "correct the file")


def check_dispatch(file: WorkflowFile, main: str) -> Finding:
    """Check that the workflow can be run by hand."""
    if file.workflow.faults():
        return Finding("dispatch", *MALFORMED)
    if file.workflow.inputs is None:
        advice = "add `workflow_dispatch:` under `on:`"
        return Finding("dispatch", "failed", "it does not accept workflow_dispatch", advice)
    evidence = "it accepts workflow_dispatch"
    if not file.default_text:
        evidence += f", but {NOT_ON_BRANCH.format(main)}"
        return Finding("dispatch", "unverified", evidence, MERGE_FIRST)
    command = f"invoke prevention.dispatch --ref {file.branch or 'BRANCH'}"
    for name in file.workflow.required_inputs:
        if "version" in name.lower():
            command += f" --input {name}={TEST_VERSION}"
    return Finding("dispatch", "passed", evidence, command)


def workflow_references(workflow: Workflow, slug: str) -> tuple[set[str], set[str]]:
    """Return the references that the workflow pushes to, and those that it gets a chart from."""
    owner, _, repository = slug.partition("/")
    context = {
        "github.repository": slug,
        "github.repository_owner": owner,
        "github.event.repository.name": repository,
    }
    return workflow.references(context)


def check_path(file: WorkflowFile, slug: str, installed_from: str) -> Finding:
    """Check that the workflow publishes the chart where it looks for it and where users install."""
    if file.workflow.faults():
        return Finding("path", *MALFORMED)
    pushed, used = workflow_references(file.workflow, slug)
    run_time = [text for text in pushed | used if "$" in text]
    if run_time or not pushed:
        evidence = "no step runs `helm push` to a reference"
        if run_time:
            evidence = f"only a run knows {join_words(run_time)}"
        return Finding("path", "unverified", evidence, "write the reference out, in `env`")
    published = {f"{text}/{file.chart_name}" for text in pushed}
    lines = [f"it pushes to {join_words(pushed)}, so helm publishes at {join_words(published)}"]
    if used:
        lines.append(f"it gets the chart from {join_words(used)}")
    lines.append(f"users install from {installed_from}")
    if published == {installed_from} and used <= published:
        return Finding("path", "passed", "\n".join(lines))
    folder, _, name = installed_from.rpartition("/")
    advice = f"push to {folder}, and get the chart from {installed_from}"
    if name != file.chart_name:
        advice = f"get the chart from {join_words(published)}, and set CHART_REF to that"
    advice = f"helm push appends the chart's name: {advice}"
    return Finding("path", "failed", "\n".join(lines), advice)


def join_words(words: Iterable[str]) -> str:
    """Return the words sorted, with `and` between them."""
    return " and ".join(sorted(words))

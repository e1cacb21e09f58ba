"""Checks of the workflow's file before it is merged, as findings."""

from __future__ import annotations

import textwrap
from functools import partial

from ..clients.github.workflow_file import lint
from ..clients.github.workflow_paths import find_references
from ..clients.process import ProcessRunner
from ..console.findings import Finding, run_checks
from ..core.shell import join
from ..incident.project import Project
from .branch import TEST_VERSION, WorkflowFile, catch_up_command
from .chart_references import ChartReferences
from .paths import judge_path

MOST_PROBLEMS = 5
# https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows
NOT_ON_BRANCH = "GitHub does not know the file before it is on {}"
MERGE_FIRST = "merge the file there first, at least with one step that does nothing"
MALFORMED = ("unverified", "the file is malformed", "correct the file first")


def check_workflow_file(project: Project, file: WorkflowFile) -> list[Finding]:
    """Check where the workflow is changed, its form, whether it runs by hand, and its paths."""
    main = project.default_branch
    references = ChartReferences.of(project, file.chart_name)
    checks = {
        "branch": partial(check_branch, file, main),
        "form": partial(check_form, file, project.runner),
        "dispatch": partial(check_dispatch, file, main),
        "path": partial(check_path, file, project.workflow_path, project.slug, references),
    }
    return run_checks(checks, "unverified")


def check_branch(file: WorkflowFile, main: str) -> Finding:
    """Check that the workflow is changed on a feature branch only, not on the default branch."""
    if file.text == file.default_text:  # as after a squash merge of the branch, too
        return Finding("branch", "passed", f"the workflow is the same as on {main}")
    is_changed = file.text != file.base_text
    is_outdated = file.default_text != file.base_text
    changed = f"the workflow is changed on {file.place}"
    if is_changed and file.branch in ("", main):
        evidence = f"{changed}, not on a feature branch"
        advice = "git switch --create a-feature-branch"
        return Finding("branch", "failed", evidence, advice)
    if is_changed and is_outdated:
        evidence = f"{changed}, and since then on {main} too"
        advice = f"{catch_up_command(file.branch, main)}, then test again"
        return Finding("branch", "failed", evidence, advice)
    if is_outdated:
        evidence = f"the workflow on {file.place} is older than on {main} at origin"
        advice = catch_up_command(file.branch, main)
        return Finding("branch", "unverified", evidence, advice)
    return Finding("branch", "passed", f"{changed} only")


def check_form(file: WorkflowFile, runner: ProcessRunner) -> Finding:
    """Check that the workflow is well formed, with actionlint where it is installed."""
    evidence = "actionlint finds no problem"
    problems = lint(runner, file.text)
    if problems is None:
        evidence = "its shape is valid (actionlint, which checks more, is not installed)"
        problems = file.workflow.faults()
    if not problems:
        return Finding("form", "passed", evidence)
    shown = problems[:MOST_PROBLEMS]
    lines = []
    for problem in shown:
        lines.append(textwrap.shorten(problem, 200))
    more = len(problems) - len(shown)
    if more:
        lines.append(f"and {more} more")
    evidence = "\n".join(lines)
    return Finding("form", "failed", evidence, "correct the file")


def check_dispatch(file: WorkflowFile, main: str) -> Finding:
    """Check that the workflow can be run by hand."""
    if file.workflow.faults():
        return Finding("dispatch", *MALFORMED)
    if file.workflow.inputs is None:
        evidence = "it does not accept workflow_dispatch"
        advice = "add `workflow_dispatch:` under `on:`"
        return Finding("dispatch", "failed", evidence, advice)
    evidence = "it accepts workflow_dispatch"
    if not file.default_text:
        evidence += f", but {NOT_ON_BRANCH.format(main)}"
        return Finding("dispatch", "unverified", evidence, MERGE_FIRST)
    branch = file.branch or "BRANCH"
    words = ["invoke", "prevention.dispatch", "--ref", branch]
    for name in file.workflow.required_inputs:
        if "version" in name.lower():
            words += ["--input", f"{name}={TEST_VERSION}"]
    return Finding("dispatch", "passed", evidence, join(words))


def check_path(
    file: WorkflowFile,
    path: str,
    slug: str,
    references: ChartReferences,
) -> Finding:
    """Check that the workflow publishes the chart where we do and where users install from."""
    if file.workflow.faults():
        return Finding("path", *MALFORMED)
    workflows = {**file.workflows, path: file.workflow}
    pushed, used = find_references(workflows, path, slug)
    return judge_path(path, pushed, used, references)

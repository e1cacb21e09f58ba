"""Checks of the workflow's file before it is merged, as findings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from functools import partial

from ..clients.github.workflow_file import Workflow, lint
from ..clients.process import ProcessRunner
from ..console.findings import Finding, run_checks
from ..core.shell import join
from ..incident.project import Project
from .branch import TEST_VERSION, WorkflowFile, catch_up_command

MOST_PROBLEMS = 5
# https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows
NOT_ON_BRANCH = "GitHub does not know the file before it is on {}"
MERGE_FIRST = "merge the file there first, at least with one step that does nothing"
MALFORMED = ("unverified", "the file is malformed", "correct the file first")


def check_workflow_file(project: Project, file: WorkflowFile) -> list[Finding]:
    """Check where the workflow is changed, its form, whether it runs by hand, and its paths."""
    main = project.default_branch
    installed_from = project.install_reference().oci
    checks = {
        "branch": partial(check_branch, file, main),
        "form": partial(check_form, file, project.runner),
        "dispatch": partial(check_dispatch, file, main),
        "path": partial(check_path, file, project.slug, installed_from),
    }
    return run_checks(checks, "unverified")


def check_branch(file: WorkflowFile, main: str) -> Finding:
    """Check that the workflow is changed on a feature branch only, not on the default branch."""
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
    evidence = f"the workflow is the same as on {main}"
    if is_changed:
        evidence = f"{changed} only"
    return Finding("branch", "passed", evidence)


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
    lines = [textwrap.shorten(problem, 200) for problem in shown]
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
    write_out = "write the reference out, in `env`"
    run_time = [text for text in pushed | used if "$" in text]
    if run_time:
        evidence = f"only a run knows {join_words(run_time)}"
        return Finding("path", "unverified", evidence, write_out)
    if not pushed:
        evidence = "no step runs `helm push` to a reference"
        return Finding("path", "unverified", evidence, write_out)
    published = {f"{text}/{file.chart_name}" for text in pushed}
    places = join_words(published)
    lines = [f"it pushes to {join_words(pushed)}, so helm publishes at {places}"]
    if used:
        lines.append(f"it gets the chart from {join_words(used)}")
    lines.append(f"users install from {installed_from}")
    evidence = "\n".join(lines)
    if published == {installed_from} and used <= published:
        return Finding("path", "passed", evidence)
    folder, _, name = installed_from.rpartition("/")
    advice = f"push to {folder}, and get the chart from {installed_from}"
    if name != file.chart_name:
        advice = f"get the chart from {places}, and set CHART_REF to that"
    advice = f"helm push appends the chart's name: {advice}"
    return Finding("path", "failed", evidence, advice)


def join_words(words: Iterable[str]) -> str:
    """Return the words sorted, with `and` between them."""
    return " and ".join(sorted(words))

"""Checks of the workflow's file: each outcome, with its evidence and the next command."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

import pytest

from tasks.toolkit.clients.github.workflow_file import Workflow
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.workflows.branch import WorkflowFile, catch_up_command
from tasks.toolkit.workflows.chart_references import ChartReferences
from tasks.toolkit.workflows.checks import (
    check_branch,
    check_dispatch,
    check_path,
)

SLUG = "owner/podinfo"
PUSH_TO = Reference.parse("oci://ghcr.io/owner/charts")
REFERENCES = ChartReferences("podinfo", PUSH_TO, PUSH_TO.with_chart("podinfo"))
TEXT = """
on:
  workflow_dispatch: {inputs: {chart_version: {required: true}, reason: {required: true}}}
jobs:
  publish:
    runs-on: ubuntu-latest
    steps:
      - run: helm push dist/*.tgz oci://ghcr.io/owner/charts
      - run: helm show chart oci://ghcr.io/owner/charts/podinfo
"""


def workflow_file(
    text: str = TEXT,
    branch: str = "feature",
    base: str = TEXT,
    default: str = TEXT,
    others: Mapping[str, Workflow] | None = None,
) -> WorkflowFile:
    return WorkflowFile(
        branch=branch,
        text=text,
        workflow=Workflow.parse(text, "publish.yml"),
        base_text=base,
        default_text=default,
        chart_name="podinfo",
        workflows=others or {},
    )


CHANGED = f"{TEXT}# changed\n"
NEWER = f"{TEXT}# newer\n"


CHANGES = [
    (TEXT, "feature", TEXT, "passed", ""),
    (TEXT, "main", TEXT, "passed", ""),
    (CHANGED, "feature", TEXT, "passed", ""),
    (CHANGED, "main", TEXT, "failed", "git switch --create a-feature-branch"),
    (CHANGED, "", TEXT, "failed", "git switch --create a-feature-branch"),
    (CHANGED, "feature", NEWER, "failed", "git rebase origin/main, then test again"),
    (TEXT, "feature", NEWER, "unverified", "git rebase origin/main"),
    (TEXT, "main", NEWER, "unverified", "git pull"),
]


@pytest.mark.parametrize(("text", "branch", "default", "outcome", "following"), CHANGES)
def test_a_workflow_is_to_be_changed_on_a_feature_branch_and_only_there(
    text: str,
    branch: str,
    default: str,
    outcome: str,
    following: str,
) -> None:
    finding = check_branch(workflow_file(text, branch, default=default), "main")
    assert (finding.outcome, finding.next) == (outcome, following)


def test_a_detached_head_is_named_as_the_place_of_a_change() -> None:
    evidence = check_branch(workflow_file(CHANGED, branch=""), "main").evidence
    assert evidence == "the workflow is changed on a detached HEAD, not on a feature branch"


def test_the_command_that_catches_up_depends_on_the_branch() -> None:
    assert catch_up_command("main", "main") == "git pull"
    assert catch_up_command("feature", "main") == "git rebase origin/main"
    assert catch_up_command("", "main") == "git rebase origin/main"


def test_the_command_for_a_run_by_hand_fills_in_only_the_required_versions() -> None:
    finding = check_dispatch(workflow_file(), "main")
    assert finding.outcome == "passed"
    command = "invoke prevention.dispatch --ref feature --input chart_version=999.0.0-test"
    assert finding.next == command


def test_hostile_names_are_quoted_in_the_commands_to_paste() -> None:
    branch = "x;it's$IFS`id`"
    text = TEXT.replace("chart_version", "version'$(id)")
    dispatch = check_dispatch(workflow_file(text, branch, text, text), "main").next
    words = ["--ref", branch, "--input", "version'$(id)=999.0.0-test"]
    assert shlex.split(dispatch) == ["invoke", "prevention.dispatch", *words]
    assert shlex.split(catch_up_command("", branch)) == ["git", "rebase", f"origin/{branch}"]
    outdated = check_branch(workflow_file(CHANGED, default=NEWER), branch).next
    assert outdated == f"{catch_up_command('feature', branch)}, then test again"


NOT_DISPATCHABLE = [
    (workflow_file(default=""), "unverified", "before it is on main"),
    (workflow_file(TEXT.replace("workflow_dispatch", "push")), "failed", "does not accept"),
    (workflow_file("on: workflow_dispatch"), "unverified", "malformed"),
]


@pytest.mark.parametrize(("file", "outcome", "evidence"), NOT_DISPATCHABLE)
def test_a_workflow_that_cannot_be_run_by_hand_is_not_passed(
    file: WorkflowFile,
    outcome: str,
    evidence: str,
) -> None:
    finding = check_dispatch(file, "main")
    assert finding.outcome == outcome
    assert evidence in finding.evidence
    assert "invoke" not in finding.next


def test_the_paths_are_those_of_the_file_on_the_branch_and_of_its_callers() -> None:
    push_to = "oci://${{ inputs.registry }}/charts"
    text = TEXT.replace("oci://ghcr.io/owner/charts\n", f"{push_to}\n")
    text = text.replace("workflow_dispatch", "workflow_call")
    caller = "on: push\njobs: {a: {uses: ./p.yml, with: {registry: ghcr.io/owner}}}"
    file = workflow_file(text, others={"release.yml": Workflow.parse(caller, "release.yml")})
    finding = check_path(file, "p.yml", SLUG, REFERENCES)
    assert (finding.outcome, finding.next) == ("passed", "")
    assert "p.yml pushes to oci://ghcr.io/owner/charts," in finding.evidence


def test_the_paths_of_a_malformed_file_are_unverified() -> None:
    finding = check_path(workflow_file("on: push"), "p.yml", SLUG, REFERENCES)
    assert finding.outcome == "unverified"
    assert "malformed" in finding.evidence

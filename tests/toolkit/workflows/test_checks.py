"""Checks of the workflow's file: each outcome, with its evidence and the next command."""

from __future__ import annotations

import shlex

import pytest

from tasks.toolkit.clients.github.workflow_file import Workflow
from tasks.toolkit.workflows.branch import WorkflowFile, catch_up_command
from tasks.toolkit.workflows.checks import (
    check_branch,
    check_dispatch,
    check_path,
    join_words,
)

INSTALLED_FROM = "oci://ghcr.io/owner/charts/podinfo"
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
) -> WorkflowFile:
    return WorkflowFile(
        branch=branch,
        text=text,
        workflow=Workflow.parse(text, "publish.yml"),
        base_text=base,
        default_text=default,
        chart_name="podinfo",
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


def test_a_workflow_that_publishes_where_users_install_passes() -> None:
    finding = check_path(workflow_file(), "owner/podinfo", INSTALLED_FROM)
    assert finding.outcome == "passed"
    assert finding.evidence.splitlines() == [
        f"it pushes to oci://ghcr.io/owner/charts, so helm publishes at {INSTALLED_FROM}",
        f"it gets the chart from {INSTALLED_FROM}",
        f"users install from {INSTALLED_FROM}",
    ]


WRONG_REFERENCES = [
    ("push dist/*.tgz oci://ghcr.io/owner/charts", "lint", "unverified", "write the reference"),
    ("owner/charts\n", "${{ vars.PLACE }}\n", "unverified", "write the reference"),
    (
        "owner/charts\n",
        "owner/charts/podinfo\n",
        "failed",
        "push to oci://ghcr.io/owner/charts,",
    ),
    ("charts/podinfo", "charts", "failed", f"get the chart from {INSTALLED_FROM}"),
]


@pytest.mark.parametrize(("old", "new", "outcome", "advice"), WRONG_REFERENCES)
def test_a_reference_that_is_wrong_or_known_only_in_a_run_is_found(
    old: str,
    new: str,
    outcome: str,
    advice: str,
) -> None:
    finding = check_path(
        workflow_file(TEXT.replace(old, new)),
        "owner/podinfo",
        INSTALLED_FROM,
    )
    assert finding.outcome == outcome
    assert advice in finding.next


def test_users_are_sent_to_what_is_published_if_their_reference_lacks_the_charts_name() -> None:
    finding = check_path(workflow_file(), "owner/podinfo", "oci://ghcr.io/owner/charts")
    assert finding.outcome == "failed"
    assert finding.next.endswith(f"get the chart from {INSTALLED_FROM}, and set CHART_REF to that")


def test_variables_of_github_are_filled_in_before_references_are_compared() -> None:
    text = TEXT.replace("/owner/", "/${{ github.repository_owner }}/")
    assert check_path(workflow_file(text), "owner/podinfo", INSTALLED_FROM).outcome == "passed"


def test_words_are_joined_in_order() -> None:
    assert join_words({"b", "a"}) == "a and b"

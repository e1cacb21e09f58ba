"""The token of a job may do what its `permissions` allow, and no such token may do all."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.sandbox.github import rest
from tasks.sandbox.github.job_permissions import BOT, permissions_of
from tasks.sandbox.github.queries import answer
from tasks.sandbox.github.records import Pull
from tasks.sandbox.github.runs import Run, create_jobs
from tasks.sandbox.github.service import ROUTES
from tasks.sandbox.github.state import State
from tasks.sandbox.server import Request

from .conftest import Clone

REPO = "/repos/stianfro/threek8s"
WORKFLOW = ".github/workflows/act.yml"
CALLED = ".github/workflows/called.yml"
TEXT = """\
on: workflow_dispatch
permissions: read-all
jobs:
  plan: {runs-on: x, steps: []}
  act: {runs-on: x, permissions: {issues: write}, steps: []}
  call: {name: Call it, permissions: {contents: write}, uses: ./.github/workflows/called.yml}
"""
TEXT_OF_CALLED = """\
on: workflow_call
jobs:
  inherits: {runs-on: x, steps: []}
  declares: {runs-on: x, permissions: {packages: write}, steps: []}
"""
GIVEN = [
    ("plan", {"issues": "read", "contents": "read"}),
    ("act", {"issues": "write", "contents": None}),
    ("Call it / inherits", {"contents": "write", "issues": None}),
    ("Call it / declares", {"packages": "write", "contents": None}),
]
PUSHED_WORKFLOW = "on: push\njobs: {a: {runs-on: x, steps: []}}"
MERGE = 'mutation { mergePullRequest(input: {pullRequestId: "Pull_1"}) { clientMutationId } }'
REVERT = (
    'mutation { revertPullRequest(input: {pullRequestId: "Pull_1"})'
    " { revertPullRequest { number author { login } } } }"
)


@pytest.fixture
def run(github: State, clone: Clone) -> Run:
    """Return a run of a workflow that calls another one."""
    clone.push("main", "", TEXT_OF_CALLED, CALLED)
    clone.push("main", "", TEXT, WORKFLOW)
    github.sync()
    commit = github.repository.refs()["refs/heads/main"]
    files = github.actions.files_at(commit)
    run = Run("Act", 1, path=WORKFLOW, head_sha=commit)
    run.jobs = create_jobs(1, files[WORKFLOW].spec, files)
    github.runs.append(run)
    return run


def refusal(github: State, query: str) -> str:
    """Return the error of a mutation, or nothing."""
    errors = answer(github, {"query": query}).get("errors", [{"message": ""}])
    return str(errors[0]["message"])


def create_label(github: State) -> tuple[int, Any]:
    """Return the status and the message of the answer to a request for a label."""
    request = Request("POST", f"{REPO}/labels", {}, {}, b'{"name": "x", "color": "ff0000"}')
    reply = rest.answer(ROUTES, github, request)
    return reply.status, reply.body.get("message")


@pytest.mark.parametrize(("name", "levels"), GIVEN)
def test_the_nearest_permissions_count(
    github: State, run: Run, name: str, levels: dict[str, str | None]
) -> None:
    files = github.actions.files_at(run.head_sha)
    given = permissions_of(run.jobs[name], run, files, "write")
    assert {permission: given.get(permission) for permission in levels} == levels


def test_the_job_that_runs_may_do_what_it_says(github: State, run: Run) -> None:
    github.job_acts = True
    run.jobs["plan"].start()
    assert create_label(github) == (403, "Resource not accessible by integration")
    run.jobs["plan"].complete("success")
    run.jobs["act"].start()
    assert create_label(github)[0] == 201


def test_without_a_running_job_the_settings_of_the_repository_count(github: State) -> None:
    github.job_acts = True
    github.actions.default_permissions = "read"
    assert create_label(github)[0] == 403
    github.job_acts = False
    assert create_label(github)[0] == 201


def test_no_job_merges_or_reverts_a_change_of_a_workflow(github: State, clone: Clone) -> None:
    clone.push("ci", "", PUSHED_WORKFLOW, WORKFLOW)
    github.sync()
    github.open_pull("ci", "main", "ci: one more")
    github.job_acts = True
    text = f"refusing to allow a GitHub App to create or update workflow `{WORKFLOW}`"
    assert refusal(github, MERGE) == f"{text} without `workflows` permission"
    github.job_acts = False
    github.merge(1)
    before = github.repository.refs()
    github.job_acts = True
    assert refusal(github, REVERT).startswith(text)
    assert github.repository.refs() == before


def test_what_a_job_opens_is_of_the_bot_and_starts_no_checks(github: State, pull: Pull) -> None:
    github.required_checks = ["lint"]
    github.check_seconds = 0.001
    github.merge(pull.number)
    github.actions.may_open_pulls = False
    github.job_acts = True
    assert refusal(github, REVERT).startswith("GitHub Actions is not permitted to create")
    github.actions.may_open_pulls = True
    reply = answer(github, {"query": REVERT})
    assert reply["data"]["revertPullRequest"]["revertPullRequest"]["author"] == {
        "login": BOT.removesuffix("[bot]")
    }
    github.job_acts = False
    github.sync()
    assert github.pulls[2].checks == {}
    github.pulls[2].awaits_approval = False
    github.sync()
    assert github.pulls[2].checks.keys() == {"lint"}


def test_what_a_job_merges_starts_no_run(github: State, clone: Clone, pull: Pull) -> None:
    clone.push("main", "", PUSHED_WORKFLOW.replace("push", "{push: {branches: [main]}}"), WORKFLOW)
    github.settle()
    before = len(github.runs)
    github.job_acts = True
    assert refusal(github, MERGE) == ""
    github.job_acts = False
    github.settle()
    assert (pull.state, len(github.runs)) == ("MERGED", before)

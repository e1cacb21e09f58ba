"""Under Actions, what GITHUB_TOKEN cannot do is said before the first side effect."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.github import job_pushes
from tasks.sandbox.github.job_permissions import BOT
from tasks.sandbox.world import CHART, World

from .conftest import Person

REVERT = "rollback.revert --pr 42 --merge"
TWO = {f"{CHART}/values.yaml": ("replicas: 1", "replicas: 2")}
NO_WORKFLOWS = "GITHUB_TOKEN of GitHub Actions may not change workflows"
SECRET = "the secret ROLLBACK_TOKEN, a token with the scopes repo, workflow and write:packages"
RUNNER = """[url "{remote}"]
    insteadOf = https://github.com/{slug}.git
"""


def in_job(world: World) -> dict[str, str]:
    """Return the variables of a job; its git has no name, and pushes with the job's token."""
    job_pushes.hold(world.github.repository)
    text = RUNNER.format(remote=world.remote, slug=world.slug)
    Path(world.env["GIT_CONFIG_GLOBAL"]).write_text(text)
    token = world.github.actions.job_token
    return {"GITHUB_TOKEN": token, "GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "stianfro"}


def merged_change(world: World) -> int:
    """Return the number of a merged pull request that changes the chart alone."""
    return world.merge_pull("replicas", "feat: two replicas", TWO)


def test_a_change_of_a_workflow_is_refused_before_any_side_effect(
    broken: World, person: Person
) -> None:
    env = in_job(broken)
    bad = broken.github.pulls[42].merge_sha
    lines = (
        REVERT,
        "rollback.revert --pr 42",
        "rollback.revert --pr 42 --only-workflow",
        "recover --pr 42",
        f"rollback.commit --sha {bad}",
        f"rollback.commit --sha {bad} --push-to-default",
    )
    for line in lines:
        refusal = person.refused(line, 1, env)
        assert NO_WORKFLOWS in refusal
        assert f"publish-helm.yml; nothing was changed: set {SECRET}" in refusal
    assert not list(broken.clone.glob(".rollback/*/journal.jsonl"))


def test_a_dry_run_warns_and_its_plan_goes_on(broken: World, person: Person) -> None:
    plan = person(f"--dry {REVERT}", env=in_job(broken)).stdout
    unwrapped = plan.replace("\n#   ", " ")
    assert NO_WORKFLOWS in unwrapped
    assert f"the job that recovers needs {SECRET}" in unwrapped
    assert "gh pr revert 42" in plan
    assert "gh pr merge" in plan


@pytest.mark.thorough
def test_a_revert_that_a_person_opened_is_not_merged_either(broken: World, person: Person) -> None:
    person("rollback.revert --pr 42")
    assert f"{NO_WORKFLOWS}, and #43" in person.refused(REVERT, 1, in_job(broken))


@pytest.mark.thorough
def test_another_token_under_actions_reverts_a_workflow(broken: World, person: Person) -> None:
    env = {**in_job(broken), "GITHUB_TOKEN": broken.token}
    printed = person(REVERT, env=env).stderr
    assert "GITHUB_TOKEN" not in printed
    assert broken.github.pulls[43].state == "MERGED"


@pytest.mark.thorough
def test_the_chart_is_reverted_and_what_does_not_start_is_said_before(
    broken: World, person: Person
) -> None:
    number = merged_change(broken)
    broken.github.settle()
    runs = len(broken.github.runs)
    env = {**in_job(broken), "WAIT_TIMEOUT": "0"}
    line = f"rollback.revert --pr {number} --merge"
    printed = person(line, 3, env).stderr
    assert printed.index("main requires lint, and no check starts") < printed.index("opened its")
    assert "press `Approve workflows to run` there" in printed
    assert "a merge by GITHUB_TOKEN does not start release-please.yml" in printed
    revert = broken.github.pulls[number + 1]
    assert (revert.state, revert.author, revert.checks) == ("OPEN", BOT, {})
    revert.awaits_approval = False
    env["WAIT_TIMEOUT"] = "60"
    person(line, env=env)
    broken.github.settle()
    assert (revert.state, len(broken.github.runs)) == ("MERGED", runs)


@pytest.mark.thorough
def test_a_repository_that_lets_no_job_open_pull_requests_is_explained(
    broken: World, person: Person
) -> None:
    number = merged_change(broken)
    broken.github.merge_methods = {"rebase"}  # the revert is pushed to a branch of our own
    broken.github.actions.may_open_pulls = False
    env = in_job(broken)
    line = f"rollback.revert --pr {number}"
    refusal = person(line, 3, env).stderr
    assert "Settings, Actions, General, Workflow permissions" in refusal
    assert "set the secret ROLLBACK_TOKEN" in refusal
    broken.github.actions.may_open_pulls = True
    person(line, env=env)
    pull = broken.github.pulls[number + 1]
    author = broken.git("log", "-1", "--format=%an", pull.head_sha, at=broken.remote)
    assert (pull.author, author) == (BOT, BOT)


@pytest.mark.thorough
def test_a_tag_that_would_start_nothing_is_not_pushed(broken: World, person: Person) -> None:
    refusal = person.refused("prevention.test-tag", 1, in_job(broken))
    assert "GITHUB_TOKEN of GitHub Actions pushes, merges or tags starts no workflow" in refusal


@pytest.mark.thorough
def test_a_job_finds_its_own_issue_again(broken: World, person: Person) -> None:
    number = merged_change(broken)
    env = in_job(broken)
    person(f"rollback.revert --pr {number}", env=env)
    person("support.incident", env=env)
    person("support.incident", env=env)
    (issue,) = broken.github.issues.values()
    assert issue.author == BOT


@pytest.mark.thorough
def test_doctor_says_what_is_known_of_the_token(broken: World, person: Person) -> None:
    shown = person("doctor", 1, in_job(broken)).stdout
    printed = " ".join(shown.split())
    assert "GITHUB_TOKEN of GitHub Actions has the `permissions:` of its job instead" in printed
    assert NO_WORKFLOWS in printed
    assert "which it does not name for an app" in printed
    assert SECRET in printed

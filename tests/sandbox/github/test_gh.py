"""The real gh cannot tell the stand-in from GitHub: states and errors are GitHub's."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tasks.sandbox.world import CHART, WORKFLOW, World

VALUES = f"{CHART}/values.yaml"
TWO = {VALUES: ("replicas: 1", "replicas: 2")}


def gh(world: World, *args: str, code: int = 0) -> str:
    """Run gh for the world's repository, and return all that it prints."""
    where = [] if args[0] in ("api", "auth") else ["-R", world.github.slug]
    done = world.run("gh", *args, *where)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def ask(world: World, *args: str) -> Any:
    """Run gh and return its JSON."""
    return json.loads(gh(world, *args))


def on_remote(world: World, *args: str) -> str:
    """Run git in the remote repository."""
    return world.git(*args, at=world.remote)


def open_pull(world: World) -> str:
    """Push the branch `two`, open its pull request, and return the number."""
    world.git("switch", "--quiet", "--create", "two", "main")
    world.commit("feat: two", TWO)
    world.git("push", "--quiet", "origin", "two")
    world.git("switch", "--quiet", "main")
    url = gh(world, "pr", "create", "--head", "two", "--title", "feat: two", "--body", "Because.")
    return url.strip().rsplit("/", 1)[1]


def test_a_revert_is_a_branch_with_a_commit_that_undoes_the_merge(world: World) -> None:
    number = world.merge_pull("two", "feat: two", TWO)
    before = world.git("rev-parse", "main~1^{tree}")
    url = gh(world, "pr", "revert", str(number)).strip()
    assert url == f"https://github.com/{world.github.slug}/pull/{number + 1}"
    revert = ask(world, "pr", "view", url, "--json", "title,body,headRefName,state,files")
    changes = {"path": VALUES, "additions": 1, "deletions": 1, "changeType": "MODIFIED"}
    assert revert == {
        "title": 'Revert "feat: two"',
        "body": f"Reverts {world.github.slug}#{number}",
        "headRefName": f"revert-{number}-two",
        "state": "OPEN",
        "files": [changes],
    }
    assert on_remote(world, "rev-parse", f"revert-{number}-two^{{tree}}") == before


@pytest.mark.parametrize(("option", "parents"), [("--merge", 2), ("--squash", 1), ("--rebase", 1)])
def test_a_merge_is_a_commit_on_the_default_branch(world: World, option: str, parents: int) -> None:
    number = open_pull(world)
    tip = on_remote(world, "rev-parse", "main")
    gh(world, "pr", "merge", number, option)
    pull = ask(world, "pr", "view", number, "--json", "state,mergeCommit")
    merged = on_remote(world, "rev-parse", "main")
    assert pull == {"state": "MERGED", "mergeCommit": {"oid": merged}}
    found = on_remote(world, "log", "-1", "--format=%P", "main").split()
    assert (found[0], len(found)) == (tip, parents)
    assert "replicas: 2" in on_remote(world, "show", f"main:{VALUES}")


def test_what_cannot_be_done_is_refused_in_the_words_of_github(world: World) -> None:
    number = open_pull(world)
    refused = gh(world, "pr", "revert", number, code=1)
    assert "can't be reverted because it has not been merged" in refused
    refused = gh(world, "pr", "view", "99", code=1)
    assert "Could not resolve to a PullRequest with the number of 99" in refused
    refused = gh(world, "pr", "create", "--head", "two", "--title", "x", "--body", "x", code=1)
    assert "already exists" in refused
    world.github.required_checks = ["lint"]
    refused = gh(world, "pr", "merge", number, "--merge", code=1)
    assert "the base branch policy prohibits the merge" in refused
    path = f"repos/{world.github.slug}/actions/workflows/nothing.yml"
    assert "HTTP 404" in gh(world, "api", path, code=1)
    world.env["GITHUB_TOKEN"] = "wrong"
    assert "HTTP 401: Bad credentials" in gh(world, "pr", "list", code=1)


def test_a_revert_that_conflicts_is_refused(world: World) -> None:
    number = world.merge_pull("two", "feat: two", TWO)
    world.merge_pull("four", "feat: four", {VALUES: ("replicas: 2", "replicas: 4")})
    assert "Was unable to revert PR" in gh(world, "pr", "revert", str(number), code=1)


def test_a_required_check_blocks_a_pull_request_until_it_succeeds(world: World) -> None:
    world.github.required_checks = ["lint"]
    world.github.check_seconds = 1.0
    number = open_pull(world)
    view = ("pr", "view", number, "--json", "mergeStateStatus,statusCheckRollup")
    pull = ask(world, *view)
    assert pull["mergeStateStatus"] == "BLOCKED"
    assert pull["statusCheckRollup"][0]["name"] == "lint"
    gh(world, "pr", "checks", number, "--watch", "--interval", "1")
    assert ask(world, *view)["mergeStateStatus"] == "CLEAN"
    gh(world, "pr", "merge", number, "--squash")


@pytest.mark.thorough
def test_a_protected_branch_refuses_a_push_and_takes_a_merge(world: World) -> None:
    world.github.repository.protect()
    number = open_pull(world)
    world.commit("straight to main", {VALUES: ("replicas: 1", "replicas: 3")})
    refused = world.run("git", "push", "origin", "main")
    assert refused.returncode == 1
    assert "GH006: Protected branch update failed" in refused.stderr
    gh(world, "pr", "merge", number, "--merge")


def test_issues_and_labels_are_kept(world: World) -> None:
    gh(world, "label", "create", "rollback", "--color", "ff0000", "--force")
    assert [label["name"] for label in ask(world, "label", "list", "--json", "name")] == [
        "rollback"
    ]
    refused = gh(world, "issue", "create", "--title", "x", "--body", "x", "-l", "no", code=1)
    assert "could not add label: 'no' not found" in refused
    options = ["--title", "Down", "--body", "Since noon.", "--label", "rollback"]
    number = gh(world, "issue", "create", *options).strip().rsplit("/", 1)[1]
    gh(world, "issue", "comment", number, "--body", "Found it.")
    gh(world, "issue", "close", number)
    issue = ask(world, "issue", "view", number, "--json", "title,state,labels,comments")
    assert (issue["title"], issue["state"]) == ("Down", "CLOSED")
    assert [label["name"] for label in issue["labels"]] == ["rollback"]
    assert [comment["body"] for comment in issue["comments"]] == ["Found it."]


def test_releases_are_kept(world: World) -> None:
    assert "release not found" in gh(world, "release", "view", "v9.9.9", code=1)
    gh(world, "release", "create", "v1.6.0", "--title", "1.6.0", "--notes", "First.")
    gh(world, "release", "edit", "v1.6.0", "--notes", "First & only.")
    release = ask(world, "release", "view", "v1.6.0", "--json", "name,body")
    assert release == {"name": "1.6.0", "body": "First & only."}
    assert "v1.6.0" in on_remote(world, "tag")


@pytest.mark.thorough
def test_a_workflow_run_has_the_result_of_its_steps(world: World) -> None:
    assert world.release("1.6.1", "1.6.0") == "success"
    fields = "databaseId,event,headBranch,status,conclusion"
    (run,) = ask(world, "run", "list", "--workflow", "publish-helm.yml", "--json", fields)
    assert (run["databaseId"], run["event"], run["headBranch"]) == (1, "push", "v1.6.1")
    assert (run["status"], run["conclusion"]) == ("completed", "success")
    assert "Push unless it is published already" in gh(world, "run", "view", "1", "--verbose")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--ref", "main"], "Required input 'chart_version' not provided"),
        (
            ["--ref", "main", "-f", "chart_version=1", "-f", "x=1"],
            'Unexpected inputs provided: ["x"]',
        ),
        (["--ref", "nothing"], "No ref found for: nothing"),
    ],
)
def test_a_wrong_dispatch_is_refused(world: World, options: list[str], text: str) -> None:
    assert text in gh(world, "workflow", "run", "publish-helm.yml", *options, code=1)


@pytest.mark.thorough
def test_a_failing_step_fails_the_run_and_skips_the_jobs_that_need_it(world: World) -> None:
    world.commit("ci: fail", {WORKFLOW: ('helm lint "$CHART"', "exit 7")})
    world.git("push", "--quiet", "origin", "main")
    options = ["--ref", "main", "-f", "chart_version=1.6.2"]
    gh(world, "workflow", "run", "publish-helm.yml", *options)
    assert world.github.settle() == "failure"
    gh(world, "run", "watch", "1", "--exit-status", code=1)
    jobs = ask(world, "run", "view", "1", "--json", "jobs")["jobs"]
    conclusions = {job["name"]: job["conclusion"] for job in jobs}
    assert conclusions == {"lint": "failure", "publish": "skipped"}


@pytest.mark.thorough
def test_requests_at_the_same_time_are_all_answered(world: World) -> None:
    argv = ["gh", "issue", "create", "--title", "x", "--body", "x", "-R", world.github.slug]
    running = [subprocess.Popen(argv, env=world.env, stdout=subprocess.DEVNULL) for _ in range(8)]
    assert [process.wait(60) for process in running] == [0] * 8
    assert sorted(world.github.issues) == list(range(1, 9))

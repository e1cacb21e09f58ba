"""GitHub's stand-in, as the real gh sees it: commits, errors and states are GitHub's, and gh cannot tell."""

from __future__ import annotations

import json
import subprocess

import pytest

from tasks.sandbox.world import CHART, WORKFLOW, World

TWO = {f"{CHART}/values.yaml": ("replicas: 1", "replicas: 2")}
THREE = {f"{CHART}/values.yaml": ("replicas: 1", "replicas: 3")}


def gh(world: World, *args: str, code: int = 0) -> str:
    """Run gh for the world's repository, and return all that it says."""
    where = [] if args[0] in ("api", "auth") else ["-R", world.github.slug]
    done = world.run("gh", *args, *where)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def ask(world: World, *args: str) -> object:
    return json.loads(gh(world, *args))


def opened(world: World, branch: str = "two") -> int:
    """Open a pull request as somebody does who pushed a branch, and return its number."""
    world.git("switch", "--quiet", "--create", branch, "main")
    world.commit(f"feat: {branch}", TWO)
    world.git("push", "--quiet", "origin", branch)
    world.git("switch", "--quiet", "main")
    return int(
        gh(
            world,
            "pr",
            "create",
            "--head",
            branch,
            "--title",
            f"feat: {branch}",
            "--body",
            "Because.",
        ).rsplit("/", 1)[1]
    )


def test_a_revert_is_a_branch_with_a_commit_that_undoes_the_merge(world: World) -> None:
    number = world.merge_pull("two", "feat: two", TWO)
    before = world.git("rev-parse", "main~1^{tree}")
    url = gh(world, "pr", "revert", str(number)).strip()
    assert url == f"https://github.com/{world.github.slug}/pull/{number + 1}"
    told = ask(world, "pr", "view", url, "--json", "title,body,headRefName,state,files")
    assert told == {
        "title": 'Revert "feat: two"',
        "body": f"Reverts {world.github.slug}#{number}",
        "headRefName": f"revert-{number}-two",
        "state": "OPEN",
        "files": [
            {
                "path": f"{CHART}/values.yaml",
                "additions": 1,
                "deletions": 1,
                "changeType": "MODIFIED",
            }
        ],
    }
    assert world.git("rev-parse", f"revert-{number}-two^{{tree}}", at=world.remote) == before


@pytest.mark.parametrize(("option", "parents"), [("--merge", 2), ("--squash", 1), ("--rebase", 1)])
def test_a_merge_is_a_commit_on_the_default_branch_in_each_way_of_merging(
    world: World, option: str, parents: int
) -> None:
    number = opened(world)
    tip = world.git("rev-parse", "main", at=world.remote)
    gh(world, "pr", "merge", str(number), option)
    told = ask(world, "pr", "view", str(number), "--json", "state,mergeCommit")
    merged = world.git("rev-parse", "main", at=world.remote)
    assert told == {"state": "MERGED", "mergeCommit": {"oid": merged}}
    assert world.git("log", "-1", "--format=%P", "main", at=world.remote).split()[0] == tip
    assert len(world.git("log", "-1", "--format=%P", "main", at=world.remote).split()) == parents
    assert "replicas: 2" in world.git("show", f"main:{CHART}/values.yaml", at=world.remote)


def test_what_cannot_be_done_is_refused_in_githubs_words(world: World) -> None:
    number = opened(world)
    assert "can't be reverted because it has not been merged" in gh(
        world, "pr", "revert", str(number), code=1
    )
    assert "Could not resolve to a PullRequest with the number of 99" in gh(
        world, "pr", "view", "99", code=1
    )
    assert "already exists" in gh(
        world, "pr", "create", "--head", "two", "--title", "x", "--body", "x", code=1
    )
    world.github.required_checks = ["lint"]
    assert "the base branch policy prohibits the merge" in gh(
        world, "pr", "merge", str(number), "--merge", code=1
    )
    assert "HTTP 404" in gh(
        world, "api", "repos/stianfro/threek8s/actions/workflows/nothing.yml", code=1
    )
    world.token = "wrong"
    world.env["GITHUB_TOKEN"] = "wrong"
    assert "HTTP 401: Bad credentials" in gh(world, "pr", "list", code=1)


def test_a_revert_that_conflicts_is_refused(world: World) -> None:
    number = world.merge_pull("two", "feat: two", TWO)
    world.merge_pull("four", "feat: four", {f"{CHART}/values.yaml": ("replicas: 2", "replicas: 4")})
    assert "Was unable to revert PR" in gh(world, "pr", "revert", str(number), code=1)


def test_a_pull_request_that_waits_for_its_check_merges_by_itself_when_told_to(
    world: World,
) -> None:
    world.github.required_checks, world.github.check_seconds = ["lint"], 1.0
    number = opened(world)
    gh(world, "pr", "merge", str(number), "--squash", "--auto")
    state = ["pr", "view", str(number), "--json", "state,mergeStateStatus,statusCheckRollup"]
    told = ask(world, *state)
    assert isinstance(told, dict)
    assert (told["state"], told["mergeStateStatus"], told["statusCheckRollup"][0]["name"]) == (
        "OPEN",
        "BLOCKED",
        "lint",
    )
    assert (
        world.run(
            "sh", "-c", f"gh pr checks {number} -R {world.github.slug} --watch --interval 1"
        ).returncode
        == 0
    )
    told = ask(world, *state)
    assert isinstance(told, dict)
    assert told["state"] == "MERGED"


def test_a_protected_branch_refuses_a_push_and_takes_a_merge(world: World) -> None:
    world.github.protected = True
    number = opened(world)
    world.commit("straight to main", THREE)
    refused = world.run("git", "push", "origin", "main")
    assert (refused.returncode, "GH006: Protected branch update failed" in refused.stderr) == (
        1,
        True,
    )
    gh(world, "pr", "merge", str(number), "--merge")


def test_issues_labels_and_releases_are_kept(world: World) -> None:
    gh(world, "label", "create", "rollback", "--color", "ff0000", "--force")
    assert "could not add label: 'nothing' not found" in gh(
        world, "issue", "create", "--title", "x", "--body", "x", "-l", "nothing", code=1
    )
    url = gh(
        world, "issue", "create", "--title", "Down", "--body", "Since noon.", "--label", "rollback"
    ).strip()
    number = url.rsplit("/", 1)[1]
    gh(world, "issue", "comment", number, "--body", "Found it.")
    gh(world, "issue", "close", number)
    told = ask(world, "issue", "view", number, "--json", "title,state,labels,comments")
    assert isinstance(told, dict)
    assert (told["title"], told["state"], [label["name"] for label in told["labels"]]) == (
        "Down",
        "CLOSED",
        ["rollback"],
    )
    assert [comment["body"] for comment in told["comments"]] == ["Found it."]
    assert "release not found" in gh(world, "release", "view", "v9.9.9", code=1)
    gh(world, "release", "create", "v1.6.0", "--title", "1.6.0", "--notes", "First.")
    gh(world, "release", "edit", "v1.6.0", "--notes", "First & only.")
    assert ask(world, "release", "view", "v1.6.0", "--json", "name,body") == {
        "name": "1.6.0",
        "body": "First & only.",
    }
    assert "v1.6.0" in world.git("tag", at=world.remote)


def test_a_workflow_is_executed_and_its_steps_and_end_are_what_became_of_it(world: World) -> None:
    assert world.release("1.6.1", "1.6.0") == "success"
    ran = ask(
        world,
        "run",
        "list",
        "--workflow",
        "publish-helm.yml",
        "--json",
        "databaseId,event,headBranch,status,conclusion",
    )
    assert ran == [
        {
            "databaseId": 1,
            "event": "push",
            "headBranch": "v1.6.1",
            "status": "completed",
            "conclusion": "success",
        }
    ]
    assert "Push unless it is published already" in gh(world, "run", "view", "1", "--verbose")
    for options, told in (
        (["--ref", "main"], "Required input 'chart_version' not provided"),
        (
            ["--ref", "main", "-f", "chart_version=1", "-f", "x=1"],
            'Unexpected inputs provided: ["x"]',
        ),
        (["--ref", "nothing"], "No ref found for: nothing"),
    ):
        assert told in gh(world, "workflow", "run", "publish-helm.yml", *options, code=1)
    world.commit("ci: fail", {WORKFLOW: ('helm lint "$CHART"', "exit 7")})
    world.git("push", "--quiet", "origin", "main")
    gh(world, "workflow", "run", "publish-helm.yml", "--ref", "main", "-f", "chart_version=1.6.2")
    assert world.github.settle() == "failure"
    gh(world, "run", "watch", "2", "--exit-status", code=1)
    jobs = ask(
        world,
        "run",
        "view",
        "2",
        "--json",
        "jobs",
        "--jq",
        ".jobs | map({(.name): .conclusion}) | add",
    )
    assert jobs == {"lint": "failure", "publish": "skipped"}


def test_two_requests_at_once_leave_both_their_traces(world: World) -> None:
    argv = ["gh", "issue", "create", "--title", "x", "--body", "x", "-R", world.github.slug]
    running = [
        subprocess.Popen(argv, env=world.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(8)
    ]
    assert [process.wait(60) for process in running] == [0] * 8
    assert sorted(world.github.issues) == list(range(1, 9))

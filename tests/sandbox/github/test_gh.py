"""The real gh cannot tell the stand-in from GitHub: states and errors are GitHub's."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tasks.sandbox.github.faults import BAD_GATEWAY, SOMETHING_WENT_WRONG
from tasks.sandbox.github.records import now
from tasks.sandbox.world import CHART, WORKFLOW, World

VALUES = f"{CHART}/values.yaml"
TWO = {VALUES: ("replicas: 1", "replicas: 2")}
FOUR = {VALUES: ("replicas: 2", "replicas: 4")}
DISPATCH = ("workflow", "run", "publish-helm.yml", "--ref")
each_method = pytest.mark.parametrize(
    ("option", "count"),
    [("--merge", 2), ("--squash", 1), ("--rebase", 1)],
)
each_wrong_dispatch = pytest.mark.parametrize(
    ("options", "text"),
    [
        (["main"], "Required input 'chart_version' not provided"),
        (["main", "-fchart_version=1", "-fx=1"], 'Unexpected inputs provided: ["x"]'),
        (["nothing"], "No ref found for: nothing"),
    ],
)


@dataclass(frozen=True)
class Gh:
    """gh, for the world's repository."""

    world: World

    def __call__(self, *args: str, code: int = 0) -> str:
        """Run gh, which must end with `code`, and return all that it prints."""
        where = ["-R", self.world.github.slug]
        if args[0] == "api":
            where = []
        done = self.world.run("gh", *args, *where)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    def json(self, *args: str) -> Any:
        """Run gh and return its JSON."""
        return json.loads(self(*args))

    def create(self, *args: str) -> str:
        """Create an issue or pull request, and return its number."""
        url = self(*args).strip()
        return url.rpartition("/")[2]


@pytest.fixture
def gh(world: World) -> Gh:
    """Return gh for the world's repository."""
    return Gh(world)


@pytest.fixture
def number(world: World, gh: Gh) -> str:
    """Return the number of the pull request that sets two replicas."""
    world.git("switch", "--quiet", "--create", "two", "main")
    world.commit("feat: two", TWO)
    world.git("push", "--quiet", "origin", "two")
    world.git("switch", "--quiet", "main")
    return gh.create(
        "pr",
        "create",
        "--head=two",
        "--title=feat: two",
        "--body=Because.",
    )


def on_remote(world: World, *args: str) -> str:
    """Run git in the remote repository."""
    return world.git(*args, at=world.remote)


def test_a_revert_is_a_branch_with_a_commit_that_undoes_the_merge(world: World, gh: Gh) -> None:
    number = world.merge_pull("two", "feat: two", TWO)
    before = world.git("rev-parse", "main~1^{tree}")
    url = gh("pr", "revert", str(number)).strip()
    assert url == f"https://github.com/{world.github.slug}/pull/{number + 1}"
    changes = {
        "path": VALUES,
        "additions": 1,
        "deletions": 1,
        "changeType": "MODIFIED",
    }
    revert = gh.json("pr", "view", url, "--json=title,body,headRefName,state,files")
    assert revert == {
        "title": 'Revert "feat: two"',
        "body": f"Reverts {world.github.slug}#{number}",
        "headRefName": f"revert-{number}-two",
        "state": "OPEN",
        "files": [changes],
    }
    after = on_remote(world, "rev-parse", f"revert-{number}-two^{{tree}}")
    assert after == before


@each_method
@pytest.mark.thorough
def test_a_merge_is_a_commit_on_the_default_branch(
    world: World,
    gh: Gh,
    number: str,
    option: str,
    count: int,
) -> None:
    tip = on_remote(world, "rev-parse", "main")
    gh("pr", "merge", number, option)
    pull = gh.json("pr", "view", number, "--json=state,mergeCommit")
    assert pull == {
        "state": "MERGED",
        "mergeCommit": {"oid": on_remote(world, "rev-parse", "main")},
    }
    parents = on_remote(world, "log", "-1", "--format=%P", "main").split()
    assert parents[0] == tip
    assert len(parents) == count
    values = on_remote(world, "show", f"main:{VALUES}")
    assert "replicas: 2" in values


def test_what_cannot_be_done_is_refused_in_the_words_of_github(
    world: World,
    gh: Gh,
    number: str,
) -> None:
    refused = gh("pr", "revert", number, code=1)
    assert "can't be reverted because it has not been merged" in refused
    refused = gh("pr", "view", "99", code=1)
    assert "Could not resolve to a PullRequest with the number of 99" in refused
    refused = gh("pr", "create", "--head=two", "--title=x", "--body=x", code=1)
    assert "already exists" in refused
    world.github.required_checks = ["lint"]
    refused = gh("pr", "merge", number, "--merge", code=1)
    assert "the base branch policy prohibits the merge" in refused
    refused = gh("api", f"repos/{world.github.slug}/actions/workflows/no.yml", code=1)
    assert "HTTP 404" in refused
    world.env["GITHUB_TOKEN"] = "wrong"
    refused = gh("pr", "list", code=1)
    assert "HTTP 401: Bad credentials" in refused


def test_a_revert_that_conflicts_is_refused(world: World, gh: Gh) -> None:
    number = world.merge_pull("two", "feat: two", TWO)
    world.merge_pull("four", "feat: four", FOUR)
    refused = gh("pr", "revert", str(number), code=1)
    assert "Was unable to revert PR" in refused


@pytest.mark.thorough
def test_a_required_check_blocks_a_pull_request_until_it_succeeds(
    world: World,
    gh: Gh,
    number: str,
) -> None:
    world.github.required_checks = ["lint"]
    world.github.check_seconds = 1.0
    view = ("pr", "view", number, "--json=mergeStateStatus,statusCheckRollup")
    pull = gh.json(*view)
    assert pull["mergeStateStatus"] == "BLOCKED"
    (check,) = pull["statusCheckRollup"]
    assert check["name"] == "lint"
    gh("pr", "checks", number, "--watch", "--interval=1")
    pull = gh.json(*view)
    assert pull["mergeStateStatus"] == "CLEAN"
    gh("pr", "merge", number, "--squash")


@pytest.mark.thorough
def test_a_protected_branch_refuses_a_push_and_takes_a_merge(
    world: World,
    gh: Gh,
    number: str,
) -> None:
    world.github.repository.protect()
    world.commit("straight to main", {VALUES: ("replicas: 1", "replicas: 3")})
    refused = world.run("git", "push", "origin", "main")
    assert refused.returncode == 1
    assert "GH006: Protected branch update failed" in refused.stderr
    gh("pr", "merge", number, "--merge")


def test_issues_and_labels_are_kept(gh: Gh) -> None:
    gh("label", "create", "rollback", "--color=ff0000", "--force")
    (label,) = gh.json("label", "list", "--json=name")
    assert label == {"name": "rollback"}
    refused = gh("issue", "create", "--title=x", "--body=x", "--label=no", code=1)
    assert "could not add label: 'no' not found" in refused
    number = gh.create(
        "issue",
        "create",
        "--title=Down",
        "--body=Since noon.",
        "--label=rollback",
    )
    gh("issue", "comment", number, "--body=Found it.")
    gh("issue", "close", number)
    issue = gh.json("issue", "view", number, "--json=title,state,labels,comments")
    assert issue["title"] == "Down"
    assert issue["state"] == "CLOSED"
    (label,) = issue["labels"]
    assert label["name"] == "rollback"
    (comment,) = issue["comments"]
    assert comment["body"] == "Found it."


def test_releases_are_kept(world: World, gh: Gh) -> None:
    refused = gh("release", "view", "v9.9.9", code=1)
    assert "release not found" in refused
    gh("release", "create", "v1.6.0", "--title=1.6.0", "--notes=First.")
    gh("release", "edit", "v1.6.0", "--notes=First & only.")
    release = gh.json("release", "view", "v1.6.0", "--json=name,body")
    assert release == {"name": "1.6.0", "body": "First & only."}
    assert on_remote(world, "tag") == "v1.6.0"


@pytest.mark.thorough
def test_a_workflow_run_has_the_result_of_its_steps(world: World, gh: Gh) -> None:
    assert world.release("1.6.1", "1.6.0") == "success"
    fields = "databaseId,event,headBranch,status,conclusion"
    assert gh.json("run", "list", "--workflow=publish-helm.yml", f"--json={fields}") == []
    (run,) = gh.json("run", "list", "--workflow=release-please.yml", f"--json={fields}")
    assert run == {
        "databaseId": 1,
        "event": "push",
        "headBranch": "main",
        "status": "completed",
        "conclusion": "success",
    }
    shown = gh("run", "view", "1", "--verbose")
    assert "Push unless it is published already" in shown


@each_wrong_dispatch
def test_a_wrong_dispatch_is_refused(
    gh: Gh,
    options: list[str],
    text: str,
) -> None:
    refused = gh(*DISPATCH, *options, code=1)
    assert text in refused


@pytest.mark.thorough
def test_a_failing_step_fails_the_run_and_skips_the_jobs_that_need_it(
    world: World,
    gh: Gh,
) -> None:
    world.commit("ci: fail", {WORKFLOW: ('helm lint "$CHART"', "exit 7")})
    world.git("push", "--quiet", "origin", "main")
    gh(*DISPATCH, "main", "-fchart_version=1.6.2")
    assert world.github.settle() == "failure"
    number = str(world.github.runs[0].id)
    gh("run", "watch", number, "--exit-status", code=1)
    run = gh.json("run", "view", number, "--json=jobs")
    conclusions = [job["conclusion"] for job in run["jobs"]]
    assert conclusions[0] == "failure"
    assert set(conclusions[1:]) == {"skipped"}


@pytest.mark.thorough
def test_requests_at_the_same_time_are_all_answered(world: World) -> None:
    argv = [
        "gh",
        "issue",
        "create",
        "--title=x",
        "--body=x",
        f"--repo={world.github.slug}",
    ]
    running = []
    for _ in range(8):
        process = subprocess.Popen(argv, env=world.env, stdout=subprocess.DEVNULL)
        running.append(process)
    for process in running:
        assert process.wait(60) == 0
    assert sorted(world.github.issues) == list(range(1, 9))


def test_titles_have_at_most_256_characters(gh: Gh) -> None:
    refusal = "Title is too long (maximum is 256 characters)"
    assert refusal in gh("issue", "create", "--title", "x" * 257, "--body", "", code=1)
    assert gh.create("issue", "create", "--title", "x" * 256, "--body", "") == "1"


def test_what_is_new_is_shown_a_little_later(world: World, gh: Gh) -> None:
    world.github.lag = 60
    number = gh.create("issue", "create", "--title", "New", "--body", "")
    assert "Could not resolve to an issue" in gh("issue", "view", number, code=1)
    assert gh.json("issue", "list", "--json", "number") == []
    world.github.lag = 0
    assert gh.json("issue", "list", "--json", "number") == [{"number": 1}]


def test_each_answer_has_the_headers_of_github(gh: Gh) -> None:
    printed = gh("api", "--include", "rate_limit")
    for name in ("Date", "X-Github-Request-Id", "X-Ratelimit-Remaining", "X-Ratelimit-Reset"):
        assert f"\n{name}: " in printed


@pytest.mark.thorough
def test_faults_look_like_those_of_github(world: World, gh: Gh) -> None:
    faults = world.github.faults
    faults.add("/graphql", BAD_GATEWAY)
    assert "HTTP 502" in gh("pr", "list", code=1)
    faults.add("/graphql", SOMETHING_WENT_WRONG)
    assert "GraphQL: Something went wrong" in gh("pr", "list", code=1)
    faults.limited_until = now() + timedelta(hours=1)
    assert "HTTP 403: API rate limit" in gh("pr", "list", code=1)
    assert "X-Ratelimit-Remaining: 0" in gh("api", "--include", "rate_limit")

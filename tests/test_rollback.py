"""Rollback Steps, 1: revert a pull request or a commit; checked in the remote and at GitHub."""

from __future__ import annotations

import re
import shlex
import threading
import time
from datetime import timedelta

import pytest

from tasks.sandbox.github.faults import BAD_GATEWAY, SOMETHING_WENT_WRONG
from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.world import CHART, SLUG, WORKFLOW, World

from .conftest import Person

NAME = f"{CHART}/values.yaml"
ONE_TO_TWO = {NAME: ("replicas: 1", "replicas: 2")}
OLD_GH = """#!/bin/sh
[ "$*" != "pr revert --help" ] || exec {gh} pr nonsense --help
[ "$1 $2" != "pr revert" ] || {{ echo 'unknown command "revert" for "gh pr"' >&2; exit 1; }}
exec {gh} "$@"
"""


@pytest.fixture
def merged(world: World) -> World:
    """Give a world where the merged PR #42 set the replicas to two by a merge commit."""
    world.merge_method = "merge"
    world.merge_pull("two-replicas", "feat: two replicas", ONE_TO_TWO, 42)
    return world


def on_main(world: World, path: str = NAME) -> str:
    return world.git("show", f"main:{path}", at=world.remote)


@pytest.mark.parametrize(
    "spelling",
    [
        "#42",
        *(
            pytest.param(one, marks=pytest.mark.thorough)
            for one in ("42", f"https://github.com/{SLUG}/pull/42")
        ),
    ],
)
def test_a_revert_is_a_commit_on_its_own_branch_and_is_merged_only_on_request(
    merged: World, person: Person, spelling: str
) -> None:
    output = person(f"rollback.revert --pr '{spelling}'").stderr
    revert = merged.github.pulls[43]
    title = 'fix: revert "feat: two replicas" (#42)'
    assert (revert.state, revert.title) == ("OPEN", title)
    assert "replicas: 1" in merged.git("show", f"{revert.head}:{NAME}", at=merged.remote)
    assert "replicas: 2" in on_main(merged)
    assert "invoke rollback.revert --pr 42 --merge" in output

    person("rollback.revert --pr 42 --merge")
    assert "replicas: 1" in on_main(merged)
    assert merged.github.repository.subject("main") == f"{title} (#43)"
    assert sorted(merged.github.pulls) == [42, 43]


@pytest.mark.thorough
def test_reverting_again_changes_nothing_and_names_the_revert(
    merged: World, person: Person
) -> None:
    person("rollback.revert --pr 42 --merge")
    after = merged.snapshot()
    assert "already reverted by #43" in person("rollback.revert --pr 42 --merge").stderr
    assert merged.snapshot() == after


@pytest.mark.thorough
def test_variables_of_a_git_hook_or_of_a_terminal_break_nothing(
    merged: World, person: Person
) -> None:
    env = {
        "GIT_DIR": "/nowhere",
        "GIT_WORK_TREE": "/",
        "GIT_INDEX_FILE": "/nowhere",
        "CLICOLOR_FORCE": "1",
        "GH_FORCE_TTY": "100%",
    }
    person("rollback.revert --pr 42 --merge", env=env)
    assert "replicas: 1" in on_main(merged)


@pytest.mark.thorough
def test_an_echo_shows_a_command_unchanged(merged: World, person: Person) -> None:
    output = person("--echo rollback.revert --pr 42 --title '[/foo] :x:'").stderr
    assert "-ftitle=[/foo] :x:" in output
    assert merged.github.pulls[43].title == "[/foo] :x:"


@pytest.mark.thorough
def test_a_revert_that_was_reverted_itself_does_not_count(merged: World, person: Person) -> None:
    person("rollback.revert --pr 42 --merge")
    person("rollback.revert --pr 43 --merge")
    assert "replicas: 2" in on_main(merged)
    person("rollback.revert --pr 42 --merge")
    assert "replicas: 1" in on_main(merged)
    assert sorted(merged.github.pulls) == [42, 43, 44, 45]


@pytest.mark.thorough
def test_titles_are_printed_unchanged(world: World, person: Person) -> None:
    world.merge_pull("two", 'feat: the chart\'s "two"', {WORKFLOW: ("Lint\n", "Check\n")}, 42)
    assert (
        """#42 "feat: the chart's "two"": opened"""
        in person("rollback.revert --pr 42 --merge").stderr
    )
    assert (
        """#42 "feat: the chart's "two"" is already reverted"""
        in person("rollback.revert --pr 42").stderr
    )
    world.git("pull", "--quiet")
    bad = world.commit('ci: the chart\'s "three"', {WORKFLOW: ("Log in\n", "Log into it\n")})
    world.git("push", "--quiet", "origin", "main")
    output = person(f"rollback.commit --sha {bad} --push-to-default").stderr
    assert re.search(
        r"""✓ pushed "[0-9a-f]+ fix: revert "ci: the chart's "three""\" to main""", output
    )
    output = person(f"rollback.commit --sha {bad}").stderr
    reverted = (
        r"""✓ "[0-9a-f]+ ci: the chart's "three"" is already reverted by "[0-9a-f]+ fix: rev"""
    )
    assert re.search(reverted, output)


@pytest.mark.thorough
def test_a_title_that_github_would_refuse_is_shortened_and_the_users_is_refused(
    world: World, person: Person
) -> None:
    title = "x" * 250
    number = world.merge_pull("long", title, ONE_TO_TWO)
    refusal = person.refused(f"rollback.revert --pr {number} --title {'y' * 257}")
    assert "--title has 257 characters" in refusal
    person(f"rollback.revert --pr {number}")
    (revert,) = [pull for pull in world.github.pulls.values() if pull.state == "OPEN"]
    assert revert.title == f'fix: revert "{"x" * 236}…" (#{number})'
    assert len(revert.title) == 256


@pytest.mark.thorough
def test_one_fault_at_each_request_changes_nothing_of_a_revert_and_its_merge(
    merged: World, person: Person
) -> None:
    faults = merged.github.faults
    for pattern in ("PullRequestByNumber", "PullRequestRevert", "PullRequestMerge", "List$"):
        faults.add(pattern, BAD_GATEWAY)
        faults.add(pattern, SOMETHING_WENT_WRONG, late=True)
        faults.add(pattern, None)
    person("rollback.revert --pr 42 --merge")
    states = {number: pull.state for number, pull in merged.github.pulls.items()}
    assert states == {42: "MERGED", 43: "MERGED"}


@pytest.mark.thorough
def test_a_title_a_body_and_a_draft_reach_github_unchanged(merged: World, person: Person) -> None:
    options = """--title '-x; $(touch pwned) "q"' --body "it's `id`" --draft"""
    person(f"rollback.revert --pr 42 {options}")
    revert = merged.github.pulls[43]
    assert revert.title == '-x; $(touch pwned) "q"'
    assert revert.body == "it's `id`"
    assert revert.is_draft


@pytest.mark.thorough
def test_the_merge_waits_for_a_check_and_a_review_and_says_so(
    merged: World, person: Person
) -> None:
    github = merged.github
    github.required_checks, github.required_reviews = ["lint"], 1

    def check_and_approve() -> None:
        while 43 not in github.pulls:
            time.sleep(0.05)
        time.sleep(0.5)
        github.set_check(43, "lint", "success")
        time.sleep(0.5)
        github.approve(43)

    colleague = threading.Thread(target=check_and_approve)
    colleague.start()
    output = person("rollback.revert --pr 42 --merge").stderr
    colleague.join()
    assert "waiting for a review" in output
    assert "replicas: 1" in on_main(merged)


@pytest.mark.thorough
def test_a_check_that_fails_ends_the_wait_at_once_and_names_it(
    merged: World, person: Person
) -> None:
    merged.github.required_checks = ["lint"]
    person("rollback.revert --pr 42")
    merged.github.set_check(43, "lint", "failure")
    assert "lint failed" in person.refused("rollback.revert --pr 42 --merge", code=1)


@pytest.mark.thorough
def test_a_wait_is_limited_and_says_what_it_waited_for(merged: World, person: Person) -> None:
    merged.github.required_reviews = 1
    person("rollback.revert --pr 42")
    refusal = person.refused("rollback.revert --pr 42 --merge", code=3, env={"WAIT_TIMEOUT": "0.5"})
    assert "waited 0.5 s for a review; it did not happen" in refusal


@pytest.mark.thorough
def test_an_old_gh_without_pr_revert_reverts_too(merged: World, person: Person) -> None:
    # A wrapper that answers as gh 2.23 does, which has no such command.
    gh = shlex.quote(merged.run("sh", "-c", "command -v gh").stdout.strip())
    old = merged.folder / "old"
    old.mkdir()
    (old / "gh").write_text(OLD_GH.format(gh=gh))
    (old / "gh").chmod(0o755)
    env = {"PATH": f"{old}:{merged.env['PATH']}"}
    person("rollback.revert --pr 42 --merge --title 'Back to one'", env=env)
    assert "replicas: 1" in on_main(merged)
    assert merged.github.pulls[43].title == "Back to one"
    plan = person("--dry rollback.revert --pr 43 --merge --title 'And to two'", env=env).stdout
    pasted = merged.run("sh", "-ec", plan, env=env)
    assert pasted.returncode == 0, plan + pasted.stderr
    assert "replicas: 2" in on_main(merged)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        ("--pr abc", 2, "'abc' is not a pull request"),
        ("--pr -1", 2, "'-1' is not a pull request"),
        ("--pr '42; touch pwned'", 2, "is not a pull request"),
        ("--pr 9999", 2, "stianfro/threek8s has no pull request #9999"),
        (
            "--pr https://github.com/other/repo/pull/42",
            2,
            "of other/repo, not of stianfro/threek8s",
        ),
        ("--pr 42 --merge --draft", 2, "--draft and --merge exclude each other"),
    ],
)
def test_what_cannot_be_reverted_is_refused_in_one_line(
    merged: World, person: Person, options: str, code: int, reason: str
) -> None:
    assert merged
    assert reason in person.refused(f"rollback.revert {options}", code)


def test_a_pull_request_that_is_not_merged_is_refused(world: World, person: Person) -> None:
    world.git("push", "--quiet", "origin", "main:refs/heads/idea")
    world.git("switch", "--quiet", "--create", "other")
    world.commit("feat: two replicas", ONE_TO_TWO)
    world.git("push", "--quiet", "origin", "other")
    number = world.github.open_pull("other", "main", "feat: two replicas").number
    assert "is open, not merged" in person.refused(f"rollback.revert --pr {number}")


def test_a_wrong_token_is_named_with_what_can_be_done(merged: World, person: Person) -> None:
    assert merged
    refusal = person.refused("rollback.revert --pr 42", code=3, env={"GITHUB_TOKEN": "wrong"})
    assert "GITHUB_TOKEN in the environment is not valid: unset it, or set a valid one" in refusal


@pytest.mark.thorough
def test_an_unreachable_github_changes_nothing(merged: World, person: Person) -> None:
    config = merged.home / "gh" / "config.yml"
    config.write_text(f"http_unix_socket: {merged.folder / 'nobody.sock'}\n")
    assert "check the network" in person.refused("rollback.revert --pr 42", code=3)


# rollback.commit


@pytest.mark.thorough
def test_a_commit_is_reverted_through_a_pull_request_and_the_working_copy_stays_as_it_is(
    merged: World, person: Person
) -> None:
    bad = merged.git("rev-parse", "main^2")
    (merged.clone / NAME).write_text("half an idea\n")
    person(f"rollback.commit --sha {bad[:9]} --merge")
    assert "replicas: 1" in on_main(merged)
    assert (merged.clone / NAME).read_text() == "half an idea\n"
    assert merged.git("worktree", "list").count("\n") == 0
    assert merged.github.pulls[43].state == "MERGED"


@pytest.mark.thorough
def test_a_merge_commit_is_reverted_against_its_first_parent_and_only_once(
    merged: World, person: Person
) -> None:
    bad = merged.git("rev-parse", "main")
    person(f"rollback.commit --sha {bad}")
    after = merged.snapshot()
    again = person(f"rollback.commit --sha {bad}").stderr
    assert "already has an open revert: #43" in again
    assert merged.snapshot() == after
    person(f"rollback.commit --sha {bad} --merge")
    assert "replicas: 1" in on_main(merged)
    again = person(f"rollback.commit --sha {bad} --merge").stderr
    assert "is already reverted by #43" in again
    assert sorted(merged.github.pulls) == [42, 43]


@pytest.mark.thorough
def test_a_branch_that_an_interrupted_run_pushed_gets_its_pull_request(
    merged: World, person: Person
) -> None:
    bad = merged.git("rev-parse", "main")
    merged.git("switch", "--quiet", "--detach", "main")
    merged.git("revert", "--no-edit", "-m", "1", bad)
    merged.git("push", "--quiet", "origin", f"HEAD:refs/heads/revert-{bad[:12]}")
    person(f"rollback.commit --sha {bad} --merge")
    assert "replicas: 1" in on_main(merged)


def test_pushing_to_the_default_branch_needs_its_own_flag(merged: World, person: Person) -> None:
    bad = merged.git("rev-parse", "main^2")
    person(f"rollback.commit --sha {bad} --push-to-default")
    message = merged.git("log", "-1", "--format=%B", "main", at=merged.remote)
    assert f"This reverts commit {bad}" in message
    assert sorted(merged.github.pulls) == [42]


def test_a_protected_branch_refuses_the_push_and_the_alternative_is_named(
    merged: World, person: Person
) -> None:
    merged.github.repository.protect()
    bad = merged.git("rev-parse", "main^2")
    refusal = person.refused(f"rollback.commit --sha {bad} --push-to-default", code=1)
    assert "leave out --push-to-default" in refusal


@pytest.mark.thorough
def test_a_conflict_shows_the_files_and_leaves_nothing_behind(
    merged: World, person: Person
) -> None:
    bad = merged.git("rev-parse", "main^2")
    merged.commit("feat: three replicas", {NAME: ("replicas: 2", "replicas: 3")})
    merged.git("push", "--quiet", "origin", "main")
    assert NAME in person.refused(f"rollback.commit --sha {bad}", code=1)
    assert merged.git("worktree", "list").count("\n") == 0


@pytest.mark.thorough
@pytest.mark.parametrize("sha", ["0000000", "no-such-thing", "-x", "$(touch pwned)", "--exec=id"])
def test_an_unknown_commit_is_refused(merged: World, person: Person, sha: str) -> None:
    assert merged
    assert "names no commit" in person.refused(f"rollback.commit --sha='{sha}'")


def test_a_commit_that_is_not_on_the_default_branch_is_refused(
    merged: World, person: Person
) -> None:
    merged.git("switch", "--quiet", "--create", "elsewhere")
    bad = merged.commit("feat: three replicas", {NAME: ("replicas: 2", "replicas: 3")})
    assert "is not on main at origin" in person.refused(f"rollback.commit --sha {bad}")


@pytest.mark.thorough
def test_without_an_identity_the_commands_that_set_one_are_printed(
    merged: World, person: Person
) -> None:
    merged.git("config", "--global", "--remove-section", "user")
    merged.git("config", "--global", "user.useConfigOnly", "true")
    bad = merged.git("rev-parse", "main^2")
    refusal = person.refused(f"rollback.commit --sha {bad}", code=3)
    assert "git config --global user.name" in refusal


def test_outside_a_repository_the_setting_is_named(merged: World, person: Person) -> None:
    env = {"REPO_DIR": str(merged.home)}
    assert "set REPO_DIR" in person.refused("rollback.commit --sha abc", env=env)


@pytest.mark.thorough
def test_a_dry_run_prints_commands_that_do_the_job_when_pasted(
    merged: World, person: Person
) -> None:
    bad = merged.git("rev-parse", "main^2")
    before = merged.snapshot()
    plan = person(f"--dry rollback.commit --sha {bad} --merge").stdout
    assert merged.snapshot() == before
    pasted = merged.run("sh", "-ec", plan)
    assert pasted.returncode == 0, plan + pasted.stderr
    assert "replicas: 1" in on_main(merged)


@pytest.mark.thorough
def test_the_scenarios_pull_request_is_the_one_that_moved_the_path(broken: World) -> None:
    assert broken.github.pulls[42].state == "MERGED"
    assert "/charts" in on_main(broken, WORKFLOW)
    assert SCENARIOS["publish"].version == "1.7.0"


@pytest.mark.thorough
def test_a_revert_on_the_branch_itself_is_found_and_only_runs_after_it_count(
    merged: World, person: Person
) -> None:
    merged.release("1.6.1", "1.6.0")
    # or the run and the revert may be of the same second
    merged.github.runs[0].created_at -= timedelta(minutes=1)
    for bad in (merged.github.pulls[42].merge_sha, merged.git("rev-parse", "main")):
        line = f"rollback.commit --sha {bad} --push-to-default"
        person(line)
        after = merged.snapshot()
        assert "is already reverted by" in person(line).stderr
        person("timeline.stop")
        assert merged.snapshot() == after
    assert "is already reverted by" in person("rollback.revert --pr 42 --merge").stderr
    assert merged.snapshot() == after
    assert "unverified" in person("verify.workflow").stdout


@pytest.mark.thorough
def test_a_revert_that_was_reverted_is_repeated_on_another_branch(
    merged: World, person: Person
) -> None:
    bad = merged.git("rev-parse", "main^2")
    line = f"rollback.commit --sha {bad} --merge"
    person(line)
    merged.git("pull", "--quiet")
    person(f"rollback.commit --sha {merged.github.pulls[43].merge_sha} --merge")
    assert "replicas: 2" in on_main(merged)
    person(line)
    assert "replicas: 1" in on_main(merged)


@pytest.mark.thorough
def test_an_operator_who_takes_over_on_another_machine_publishes_the_merged_revert(
    merged: World, person: Person
) -> None:
    other = merged.folder / "another machine"
    merged.git("clone", "--quiet", f"https://github.com/{merged.github.slug}.git", str(other))
    person("rollback.revert --pr 42 --merge")
    there = {"REPO_DIR": str(other)}
    person("rollback.revert --pr 42 --merge", env=there)
    assert "from the merged revert" in person("publish.all", env=there).stderr


@pytest.mark.thorough
def test_a_dry_run_within_an_incident_is_not_recorded(merged: World, person: Person) -> None:
    person("timeline.start")
    (journal,) = merged.clone.glob(".rollback/*/journal.jsonl")
    before = journal.read_text()
    person("--dry rollback.revert --pr 42 --merge publish.all verify.all")
    assert journal.read_text() == before
    assert "packaging the working copy" in person("publish.package").stderr


@pytest.mark.thorough
def test_a_plan_ends_at_the_first_command_that_fails_and_publishes_nothing(
    merged: World, person: Person
) -> None:
    plan = person("--dry rollback.revert --pr 42 --merge publish.all").stdout
    half = person("--dry rollback.revert --pr 42 publish.all", 1)
    assert "the revert is not merged" in half.stderr
    assert merged.run("bash", "-c", half.stdout).returncode != 0
    assert sorted(merged.github.pulls) == [42]
    broken = plan.replace("until gh pr merge", "gh pr nomerge").replace("; do sleep 5; done", "")
    assert merged.run("bash", "-c", broken).returncode != 0
    assert merged.registry.snapshot() == {}


@pytest.mark.thorough
def test_a_dry_run_only_prints_the_merge_of_an_open_revert(merged: World, person: Person) -> None:
    person("rollback.revert --pr 42")
    before = merged.snapshot()
    plan = person("--dry rollback.revert --pr 42 --merge publish.all").stdout
    assert merged.snapshot() == before
    assert plan.count("gh pr merge 43") == 1
    assert merged.run("bash", "-c", plan).returncode == 0
    assert "replicas: 1" in on_main(merged)
    assert "replicas: 1" in published_values(merged)


@pytest.mark.thorough
def test_an_absolute_chart_dir_is_that_folder_in_the_reverts_tree(
    merged: World, person: Person
) -> None:
    env = {"CHART_DIR": str(merged.clone / CHART)}
    person("rollback.revert --pr 42 --merge publish.all", env=env)
    assert "replicas: 1" in published_values(merged)


def published_values(world: World) -> str:
    """Return the values of the chart that users get."""
    shown = world.run("helm", "show", "values", world.reference, "--plain-http")
    assert shown.returncode == 0, shown.stderr
    return shown.stdout


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "GH_TOKEN"])
@pytest.mark.thorough
def test_a_plan_finds_the_token_that_only_the_env_file_has(
    merged: World, person: Person, name: str
) -> None:
    file = merged.folder / "the settings.env"
    file.write_text(f'{name}="{merged.token}"\n')
    file.chmod(0o600)
    env = {"ENV_FILE": str(file), "GITHUB_TOKEN": ""}
    plan = person("--dry rollback.revert --pr 42 --merge publish.all", env=env).stdout
    pasted = merged.run("sh", "-ec", plan, env=env)
    assert pasted.returncode == 0, plan + pasted.stderr
    assert "replicas: 1" in published_values(merged)


@pytest.mark.thorough
def test_the_revert_goes_to_the_default_branch_that_is_set(merged: World, person: Person) -> None:
    merged.git("push", "--quiet", "origin", "main:refs/heads/stable")
    bad = merged.git("rev-parse", "main")
    person(f"rollback.commit --sha {bad} --merge", env={"DEFAULT_BRANCH": "stable"})
    assert merged.github.pulls[43].base == "stable"
    assert "replicas: 1" in merged.git("show", f"stable:{NAME}", at=merged.remote)


def test_pushing_and_merging_exclude_each_other(merged: World, person: Person) -> None:
    bad = merged.git("rev-parse", "main")
    refusal = person.refused(f"rollback.commit --sha {bad} --push-to-default --merge")
    assert "exclude each other" in refusal


EVIL = {
    NAME: ("replicas: 2", "replicas: 1"),
    f"{CHART}/Chart.yaml": ("description: ", "description: evil, "),
}


def offer_evil(world: World, fork: str = "") -> None:
    """Open a pull request, in a fork or not, that reverts #42 and does something else too."""
    world.git("switch", "--quiet", "--create", "offer", "main")
    world.commit("fix: go back", EVIL)
    ref = f"refs/forks/{fork}/revert-42-x" if fork else "refs/heads/revert-42-x"
    world.git("push", "--quiet", "origin", f"HEAD:{ref}")
    world.git("switch", "--quiet", "main")
    text = f"Reverts {SLUG}#42"
    world.github.open_pull("revert-42-x", "main", "Revert two", text, fork=fork)


@pytest.mark.thorough
def test_a_strangers_revert_is_neither_merged_nor_published(merged: World, person: Person) -> None:
    offer_evil(merged, fork="mallory")
    person("rollback.revert --pr 42 --merge publish.all")
    assert "replicas: 1" in published_values(merged)
    assert "evil" not in on_main(merged, f"{CHART}/Chart.yaml")
    assert (merged.github.pulls[43].state, merged.github.pulls[44].state) == ("OPEN", "MERGED")


@pytest.mark.thorough
def test_a_revert_that_does_more_is_merged_and_published_only_when_it_is_named(
    merged: World, person: Person
) -> None:
    offer_evil(merged)
    assert "add --accept 43" in person.refused("recover --pr 42", code=1)
    assert "invoke rollback.revert --pr 42 --merge --accept 43" in (
        person("rollback.revert --pr 42").stderr
    )
    person("rollback.revert --pr 42 --merge --accept 43 publish.all")
    assert "evil" in on_main(merged, f"{CHART}/Chart.yaml")
    assert "already reverted by #43" in person("rollback.revert --pr 42 --merge").stderr


@pytest.mark.thorough
def test_a_plan_waits_for_the_merge_queue_when_it_is_pasted(merged: World, person: Person) -> None:
    merged.github.merge_queue.enabled = True
    plan = person("--dry rollback.revert --pr 42 --merge publish.all").stdout
    pasted = merged.run("sh", "-ec", plan)
    assert pasted.returncode == 0, plan + pasted.stderr
    assert "replicas: 1" in on_main(merged)
    assert "replicas: 1" in published_values(merged)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "line",
    [
        "rollback.revert --pr 42 --merge",
        "rollback.commit --sha {bad}",
        "publish.all --ref main",
        "prevention.test-tag",
    ],
)
def test_a_clone_of_a_fork_is_refused_at_once(broken: World, person: Person, line: str) -> None:
    fork = broken.folder / "fork.git"
    broken.git("clone", "--quiet", "--mirror", str(broken.remote), str(fork), at=broken.folder)
    url = "https://github.com/somebody/threek8s.git"
    broken.git("config", f"url.{fork}.insteadOf", url)
    broken.git("remote", "set-url", "origin", url)
    bad = broken.git("log", "--format=%h", "-1", "--grep=#42")
    before = broken.git("for-each-ref", at=fork)
    env = {"GITHUB_REPOSITORY": SLUG, "WAIT_TIMEOUT": "3"}
    began = time.monotonic()
    refusal = person.refused(line.format(bad=bad), 1, env)
    assert f"GITHUB_REPOSITORY is {SLUG}, but origin is somebody/threek8s" in refusal
    assert time.monotonic() - began < 3
    assert broken.git("for-each-ref", at=fork) == before


BOTH = {NAME: ("replicas: 1", "replicas: 2"), WORKFLOW: ("Lint\n", "Check\n")}


@pytest.fixture
def conflicting(world: World) -> World:
    """Give a world where PR #42 changed the workflow and the replicas, which changed again."""
    world.merge_pull("both", "feat: two replicas", BOTH, 42)
    world.commit("feat: three replicas", {NAME: ("replicas: 2", "replicas: 3")})
    world.git("push", "--quiet", "origin", "main")
    return world


@pytest.mark.thorough
@pytest.mark.parametrize("line", ["rollback.revert --pr 42 --merge", "recover --pr 42"])
def test_a_revert_that_conflicts_elsewhere_offers_the_workflow_alone_to_be_typed(
    conflicting: World, person: Person, line: str
) -> None:
    refusals = []
    for command in (line, f"--dry {line}"):
        refusals.append(person.refused(command, code=1).replace("invoke --dry ", "invoke "))
    real, dry = refusals
    assert real == dry
    offered = re.search("`invoke (.*)`", real)
    assert offered and "--only-workflow" in offered[1]
    person(offered[1])
    assert "Lint\n" in on_main(conflicting, WORKFLOW)
    assert "replicas: 3" in on_main(conflicting)
    subject = 'fix: revert the workflow part of "feat: two replicas" (#42) (#43)'
    assert conflicting.github.repository.subject("main") == subject


@pytest.mark.thorough
def test_a_plan_that_reverts_the_workflow_alone_does_so_when_it_is_pasted(
    conflicting: World, person: Person
) -> None:
    line = "rollback.revert --pr 42 --only-workflow --merge publish.package"
    plan = person(f"--dry {line}").stdout
    assert sorted(conflicting.github.pulls) == [42]
    pasted = conflicting.run("sh", "-ec", plan)
    assert pasted.returncode == 0, plan + pasted.stderr
    assert "Lint\n" in on_main(conflicting, WORKFLOW)
    assert "replicas: 3" in on_main(conflicting)
    assert "is already reverted by #43" in person(line).stderr


@pytest.mark.thorough
@pytest.mark.parametrize("is_merged", [True, False], ids=["merged", "open"])
def test_a_plan_publishes_the_revert_that_a_person_has_resolved(
    conflicting: World, person: Person, is_merged: bool
) -> None:
    by_hand = {NAME: ("replicas: 3", "replicas: 1"), WORKFLOW: ("Check\n", "Lint\n")}
    conflicting.git("switch", "--quiet", "--create", "by-hand")
    conflicting.commit("fix: one again", by_hand)
    conflicting.git("push", "--quiet", "origin", "by-hand")
    conflicting.git("switch", "--quiet", "main")
    revert = conflicting.github.open_pull("by-hand", "main", "fix: one again", "Reverts #42.")
    if is_merged:
        conflicting.github.merge(revert.number)
    line = f"recover --pr 42 --accept {revert.number}"
    before = conflicting.snapshot()
    plan = person(f"--dry {line}").stdout
    assert conflicting.snapshot() == before
    pasted = conflicting.run("sh", "-c", plan)
    assert pasted.returncode == 0, plan + pasted.stderr
    assert revert.state == "MERGED"
    assert "replicas: 1" in published_values(conflicting)
    published = conflicting.registry.snapshot()
    assert "already reverted by #43" in person(line).stderr
    assert conflicting.registry.snapshot() == published


@pytest.mark.thorough
def test_only_the_workflow_is_pushed_without_a_review(conflicting: World, person: Person) -> None:
    bad = conflicting.git("rev-parse", "main~1")
    line = f"rollback.commit --sha {bad} --only-workflow --push-to-default"
    person(line)
    assert "Lint\n" in on_main(conflicting, WORKFLOW)
    after = conflicting.snapshot()
    assert "is already reverted by" in person(line).stderr
    assert conflicting.snapshot() == after


def test_what_changed_no_workflow_has_no_such_part(merged: World, person: Person) -> None:
    assert merged
    refusal = person.refused("rollback.revert --pr 42 --only-workflow", code=1)
    assert '#42 "feat: two replicas" changed nothing in .github/workflows' in refusal

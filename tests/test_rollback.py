"""Rollback Steps, 1: reverting, told by what is in the remote and at GitHub afterwards."""

from __future__ import annotations

import re
import shlex
import threading
import time
from datetime import timedelta

import pytest

from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.world import CHART, SLUG, WORKFLOW, World

from .conftest import Person

NAME = f"{CHART}/values.yaml"
ONE_TO_TWO = {NAME: ("replicas: 1", "replicas: 2")}


@pytest.fixture
def merged(world: World) -> World:
    """Give a world where PR #42 set the replicas to two."""
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
def test_a_revert_is_a_real_commit_on_a_branch_of_its_own_and_is_merged_only_when_asked(
    merged: World, person: Person, spelling: str
) -> None:
    told = person(f"rollback.revert --pr '{spelling}'").stderr
    revert = merged.github.pulls[43]
    assert (revert.state, revert.title) == ("OPEN", 'Revert "feat: two replicas"')
    assert "replicas: 1" in merged.git("show", f"{revert.head}:{NAME}", at=merged.remote)
    assert "replicas: 2" in on_main(merged)
    assert "invoke rollback.revert --pr 42 --merge" in told

    person("rollback.revert --pr 42 --merge")
    assert "replicas: 1" in on_main(merged)
    assert sorted(merged.github.pulls) == [42, 43]


def test_reverting_again_makes_nothing_new_and_names_the_revert(
    merged: World, person: Person
) -> None:
    person("rollback.revert --pr 42 --merge")
    after = merged.snapshot()
    assert "reverted already by #43" in person("rollback.revert --pr 42 --merge").stderr
    assert merged.snapshot() == after


def test_what_the_environment_of_a_hook_or_of_a_terminal_says_breaks_nothing(
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


def test_an_echo_shows_a_command_to_the_letter(merged: World, person: Person) -> None:
    assert (
        "--title=[/foo] :x:" in person("--echo rollback.revert --pr 42 --title '[/foo] :x:'").stderr
    )
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
def test_titles_are_told_as_they_are(world: World, person: Person) -> None:
    world.merge_pull("two", 'feat: the chart\'s "two"', {WORKFLOW: ("Lint\n", "Check\n")}, 42)
    assert (
        """#42 "feat: the chart's "two"": opened"""
        in person("rollback.revert --pr 42 --merge").stderr
    )
    assert (
        """#42 "feat: the chart's "two"" is reverted already"""
        in person("rollback.revert --pr 42").stderr
    )
    world.git("pull", "--quiet")
    bad = world.commit('ci: the chart\'s "three"', {WORKFLOW: ("Log in\n", "Log into it\n")})
    world.git("push", "--quiet", "origin", "main")
    told = person(f"rollback.commit --sha {bad} --push-to-default").stderr
    assert re.search(r"""✓ pushed "[0-9a-f]+ Revert "ci: the chart's "three""\" to main""", told)
    told = person(f"rollback.commit --sha {bad}").stderr
    assert re.search(
        r"""✓ "[0-9a-f]+ ci: the chart's "three"" is reverted already by "[0-9a-f]+ Revert "ci""",
        told,
    )


def test_a_title_body_and_draft_reach_github_to_the_letter(merged: World, person: Person) -> None:
    person(
        """rollback.revert --pr 42 --title '-x; $(touch pwned) "q"' --body "it's `id`" --draft"""
    )
    revert = merged.github.pulls[43]
    assert (revert.title, revert.body, revert.is_draft) == (
        '-x; $(touch pwned) "q"',
        "it's `id`",
        True,
    )


def test_the_merge_waits_for_a_check_and_a_review_and_says_so(
    merged: World, person: Person
) -> None:
    github = merged.github
    github.required_checks, github.required_reviews = ["lint"], 1

    def others() -> None:
        while 43 not in github.pulls:
            time.sleep(0.05)
        time.sleep(0.5)
        github.set_check(43, "lint", "success")
        time.sleep(0.5)
        github.approve(43)

    colleague = threading.Thread(target=others)
    colleague.start()
    told = person("rollback.revert --pr 42 --merge").stderr
    colleague.join()
    assert "waiting for a review" in told
    assert "replicas: 1" in on_main(merged)


def test_a_check_that_fails_ends_the_wait_at_once_and_names_it(
    merged: World, person: Person
) -> None:
    merged.github.required_checks = ["lint"]
    person("rollback.revert --pr 42")
    merged.github.set_check(43, "lint", "failure")
    assert "lint failed" in person.refused("rollback.revert --pr 42 --merge", code=1)


def test_a_wait_is_bounded_and_says_what_it_waited_for(merged: World, person: Person) -> None:
    merged.github.required_reviews = 1
    person("rollback.revert --pr 42")
    told = person.refused("rollback.revert --pr 42 --merge", code=3, env={"WAIT_TIMEOUT": "0.5"})
    assert "waited 0.5 s for a review, in vain" in told


def test_an_old_gh_without_pr_revert_reverts_all_the_same(merged: World, person: Person) -> None:
    # The real gh behind a door that does not know the word, as gh 2.23 answers.
    door = merged.folder / "old"
    door.mkdir()
    gh = shlex.quote(merged.run("sh", "-c", "command -v gh").stdout.strip())
    (door / "gh").write_text(
        f'#!/bin/sh\n[ "$*" != "pr revert --help" ] || exec {gh} pr nonsense --help\n'
        f'[ "$1 $2" != "pr revert" ] || {{ echo \'unknown command "revert" for "gh pr"\' >&2; exit 1; }}\nexec {gh} "$@"\n'
    )
    (door / "gh").chmod(0o755)
    person(
        "rollback.revert --pr 42 --merge --title 'Back to one'",
        env={"PATH": f"{door}:{merged.env['PATH']}"},
    )
    assert "replicas: 1" in on_main(merged)
    assert merged.github.pulls[43].title == "Back to one"
    env = {"PATH": f"{door}:{merged.env['PATH']}"}
    plan = person("--dry rollback.revert --pr 43 --merge --title 'And to two'", env=env).stdout
    pasted = merged.run("sh", "-ec", plan, env=env)
    assert pasted.returncode == 0, plan + pasted.stderr
    assert "replicas: 2" in on_main(merged)


@pytest.mark.parametrize(
    ("options", "code", "told"),
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
    merged: World, person: Person, options: str, code: int, told: str
) -> None:
    assert merged
    assert told in person.refused(f"rollback.revert {options}", code)


def test_a_pull_request_that_is_not_merged_is_refused(world: World, person: Person) -> None:
    world.git("push", "--quiet", "origin", "main:refs/heads/idea")
    world.git("switch", "--quiet", "--create", "other")
    world.commit("feat: two replicas", ONE_TO_TWO)
    world.git("push", "--quiet", "origin", "other")
    number = world.github.open_pull("other", "main", "feat: two replicas").number
    assert "is open, not merged" in person.refused(f"rollback.revert --pr {number}")


def test_a_wrong_token_is_said_to_be_one(merged: World, person: Person) -> None:
    assert merged
    assert "log in with `gh auth login`, or set GITHUB_TOKEN" in person.refused(
        "rollback.revert --pr 42", code=3, env={"GITHUB_TOKEN": "wrong"}
    )


def test_a_github_that_cannot_be_reached_changes_nothing(merged: World, person: Person) -> None:
    (merged.home / "gh" / "config.yml").write_text(
        f"http_unix_socket: {merged.folder / 'nobody.sock'}\n"
    )
    assert "check the network" in person.refused("rollback.revert --pr 42", code=3)


# rollback.commit


def test_a_commit_is_reverted_through_a_pull_request_and_the_dirty_checkout_stays_as_it_is(
    merged: World, person: Person
) -> None:
    bad = merged.git("rev-parse", "main^2")
    (merged.clone / NAME).write_text("half an idea\n")
    person(f"rollback.commit --sha {bad[:9]} --merge")
    assert "replicas: 1" in on_main(merged)
    assert (merged.clone / NAME).read_text() == "half an idea\n"
    assert merged.git("worktree", "list").count("\n") == 0
    assert merged.github.pulls[43].state == "MERGED"


def test_a_merge_commit_is_reverted_as_against_its_first_parent_and_only_once(
    merged: World, person: Person
) -> None:
    bad = merged.git("rev-parse", "main")
    person(f"rollback.commit --sha {bad}")
    after = merged.snapshot()
    assert (
        "has its revert already, which is open: #43"
        in person(f"rollback.commit --sha {bad}").stderr
    )
    assert merged.snapshot() == after
    person(f"rollback.commit --sha {bad} --merge")
    assert "replicas: 1" in on_main(merged)
    assert "is reverted already by #43" in person(f"rollback.commit --sha {bad} --merge").stderr
    assert sorted(merged.github.pulls) == [42, 43]


def test_a_branch_that_an_earlier_run_pushed_before_it_was_cut_gets_its_pull_request(
    merged: World, person: Person
) -> None:
    bad = merged.git("rev-parse", "main")
    merged.git("switch", "--quiet", "--detach", "main")
    merged.git("revert", "--no-edit", "-m", "1", bad)
    merged.git("push", "--quiet", "origin", f"HEAD:refs/heads/revert-{bad[:12]}")
    person(f"rollback.commit --sha {bad} --merge")
    assert "replicas: 1" in on_main(merged)


def test_pushing_to_the_default_branch_needs_its_own_flag_and_does_as_the_runbook_does(
    merged: World, person: Person
) -> None:
    bad = merged.git("rev-parse", "main^2")
    person(f"rollback.commit --sha {bad} --push-to-default")
    assert f"This reverts commit {bad}" in merged.git(
        "log", "-1", "--format=%B", "main", at=merged.remote
    )
    assert sorted(merged.github.pulls) == [42]


def test_a_protected_branch_refuses_the_push_and_the_way_out_is_told(
    merged: World, person: Person
) -> None:
    merged.github.protected = True
    bad = merged.git("rev-parse", "main^2")
    assert "leave out --push-to-default" in person.refused(
        f"rollback.commit --sha {bad} --push-to-default", code=1
    )


def test_a_conflict_shows_the_files_and_leaves_nothing_behind(
    merged: World, person: Person
) -> None:
    bad = merged.git("rev-parse", "main^2")
    merged.commit("feat: three replicas", {NAME: ("replicas: 2", "replicas: 3")})
    merged.git("push", "--quiet", "origin", "main")
    assert NAME in person.refused(f"rollback.commit --sha {bad}", code=1)
    assert merged.git("worktree", "list").count("\n") == 0


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


def test_without_an_identity_git_is_told_one(merged: World, person: Person) -> None:
    config = merged.home / ".gitconfig"
    config.write_text(
        config.read_text().replace(
            "[user]\n\tname = Maintainer\n\temail = maintainer@example.com\n",
            "[user]\n\tuseConfigOnly = true\n",
        )
    )
    bad = merged.git("rev-parse", "main^2")
    assert "git config --global user.name" in person.refused(f"rollback.commit --sha {bad}", code=3)


def test_outside_a_repository_the_way_in_is_told(merged: World, person: Person) -> None:
    assert "set REPO_DIR" in person.refused(
        "rollback.commit --sha abc", env={"REPO_DIR": str(merged.home)}
    )


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


def test_the_scenarios_pull_request_is_the_one_that_moved_the_path(broken: World) -> None:
    assert broken.github.pulls[42].state == "MERGED"
    assert "/charts" in on_main(broken, WORKFLOW)
    assert SCENARIOS["publish"].version == "1.7.0"


def test_what_was_reverted_on_the_branch_itself_is_found_done_and_counts_from_then(
    merged: World, person: Person
) -> None:
    merged.release("1.6.1", "1.6.0")
    merged.github.runs[0].created_at -= timedelta(
        minutes=1
    )  # or it and the revert may be of the same second
    for bad in (merged.github.pulls[42].merge_sha, merged.git("rev-parse", "main")):
        line = f"rollback.commit --sha {bad} --push-to-default"
        person(line)
        after = merged.snapshot()
        assert "is reverted already by" in person(line).stderr
        person("timeline.stop")
        assert merged.snapshot() == after
    assert "is reverted already by" in person("rollback.revert --pr 42 --merge").stderr
    assert merged.snapshot() == after
    assert "unverified" in person("verify.workflow").stdout


@pytest.mark.thorough
def test_a_revert_that_was_reverted_is_made_anew_on_another_branch(
    merged: World, person: Person
) -> None:
    line = f"rollback.commit --sha {merged.git('rev-parse', 'main^2')} --merge"
    person(line)
    merged.git("pull", "--quiet")
    person(f"rollback.commit --sha {merged.github.pulls[43].merge_sha} --merge")
    assert "replicas: 2" in on_main(merged)
    person(line)
    assert "replicas: 1" in on_main(merged)


def test_who_takes_over_elsewhere_publishes_what_the_other_reverted(
    merged: World, person: Person
) -> None:
    other = merged.folder / "another machine"
    merged.git("clone", "--quiet", f"https://github.com/{merged.github.slug}.git", str(other))
    person("rollback.revert --pr 42 --merge")
    there = {"REPO_DIR": str(other)}
    person("rollback.revert --pr 42 --merge", env=there)
    assert "from the merged revert" in person("publish.all", env=there).stderr


def test_a_dry_run_within_an_incident_is_not_taken_for_what_was_done(
    merged: World, person: Person
) -> None:
    person("timeline.start")
    (journal,) = merged.clone.glob(".rollback/*/journal.jsonl")
    before = journal.read_text()
    person("--dry rollback.revert --pr 42 --merge publish.all verify.all")
    assert journal.read_text() == before
    assert "packaging the working copy" in person("publish.package").stderr


def test_a_plan_ends_where_its_commands_do_not_succeed_and_nothing_is_published(
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


def test_a_dry_run_merges_an_open_revert_in_words_alone(merged: World, person: Person) -> None:
    person("rollback.revert --pr 42")
    before = merged.snapshot()
    plan = person("--dry rollback.revert --pr 42 --merge publish.all").stdout
    assert merged.snapshot() == before
    assert plan.count("gh pr merge 43") == 1
    assert merged.run("bash", "-c", plan).returncode == 0
    assert "replicas: 1" in on_main(merged)
    assert b"replicas: 1" in pulled(merged)


@pytest.mark.thorough
def test_an_absolute_chart_dir_is_that_folder_in_the_reverts_tree(
    merged: World, person: Person
) -> None:
    person(
        "rollback.revert --pr 42 --merge publish.all", env={"CHART_DIR": str(merged.clone / CHART)}
    )
    assert b"replicas: 1" in pulled(merged)


def pulled(world: World) -> bytes:
    """Return the values of the chart that users get."""
    done = world.run("helm", "show", "values", world.reference, "--plain-http")
    assert done.returncode == 0, done.stderr
    return done.stdout.encode()


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
    assert b"replicas: 1" in pulled(merged)


def test_the_revert_goes_to_the_default_branch_that_is_set(merged: World, person: Person) -> None:
    merged.git("push", "--quiet", "origin", "main:refs/heads/stable")
    person(
        f"rollback.commit --sha {merged.git('rev-parse', 'main')} --merge",
        env={"DEFAULT_BRANCH": "stable"},
    )
    assert merged.github.pulls[43].base == "stable"
    assert "replicas: 1" in merged.git("show", f"stable:{NAME}", at=merged.remote)


def test_the_two_ways_to_get_the_revert_in_exclude_each_other(
    merged: World, person: Person
) -> None:
    assert "exclude each other" in person.refused(
        f"rollback.commit --sha {merged.git('rev-parse', 'main')} --push-to-default --merge"
    )

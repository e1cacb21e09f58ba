"""When to Rollback: each trigger fires in the world that it is meant for, and what cannot be read is never "clear"."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.server import Reply
from tasks.sandbox.world import CHART, PUSH_TO, World

from .conftest import Person, trial

FIRED = ["roll back", "rolled back already", "make the package public"]
AT_ONCE = {"WAIT_TIMEOUT": "0"}  # a run that has not begun is late


def triggers(person: Person, code: int, line: str = "when.check", **env: str) -> dict[str, Any]:
    told = json.loads(person(f"{line} --json", code, {**AT_ONCE, **env}).stdout)
    assert told["verdict"] in {0: ["no need to roll back"], 1: FIRED, 3: ["could not tell"]}[code]
    advised = [
        trigger["next"] for trigger in told["triggers"] if "invoke recover" in trigger["next"]
    ]
    assert bool(advised) == (told["verdict"] == "roll back")
    return {trigger["name"]: trigger for trigger in told["triggers"]}


def fired(found: dict[str, Any]) -> set[str]:
    return {name for name, trigger in found.items() if trigger["outcome"] == "fired"}


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [("publish", {"publish", "versions"}), ("versions", {"versions"}), ("install", {"users"})],
)
@pytest.mark.thorough
def test_each_scenario_fires_its_trigger_and_the_pull_request_that_did_it_is_suspected(
    world: World, person: Person, scenario: str, expected: set[str]
) -> None:
    SCENARIOS[scenario].happen(world)
    before = world.snapshot()
    found = triggers(person, 1)
    assert fired(found) == expected
    assert all(found[name]["next"].startswith("invoke recover --pr 42") for name in expected)
    assert all("suspected: #42 " in found[name]["evidence"] for name in expected)
    assert world.snapshot() == before
    assert triggers(person, 1) == found
    name = min(expected)
    assert fired(triggers(person, 1, f"when.{name}")) == {name}


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param("publish", marks=pytest.mark.thorough),
        "versions",
        pytest.param("install", marks=pytest.mark.thorough),
    ],
)
def test_the_advised_command_recovers_when_it_is_typed_and_the_suspect_is_none_any_more(
    world: World, person: Person, scenario: str
) -> None:
    SCENARIOS[scenario].happen(world)
    found = triggers(person, 1)
    (advised,) = {found[name]["next"] for name in fired(found)}
    person(advised.removeprefix("invoke "))
    person("verify.all")
    shown = world.run("helm", "show", "chart", world.reference, "--plain-http").stdout
    assert f"\nversion: {SCENARIOS[scenario].version}\n" in shown and "appVersion: 1.7.0\n" in shown
    assert world.run("helm", "template", "x", world.reference, "--plain-http").returncode == 0
    left = triggers(person, 1)
    assert (
        fired(left)
        == {"publish": {"publish"}, "versions": {"versions"}, "install": {"versions", "users"}}[
            scenario
        ]
    )
    revert = max(world.github.pulls)
    assert all(
        f'#42 "{world.github.pulls[42].title}" is reverted by #{revert}' in left[name]["evidence"]
        for name in fired(left)
    )
    if scenario == "publish":
        assert world.run("sh", "-c", left["publish"]["next"]).returncode == 0
        assert world.github.settle() == "success"
        triggers(person, 0)
    else:
        assert "release a version above 1.7.1 with the revert" in left["versions"]["next"]
    if scenario == "install":
        assert world.run("sh", "-c", left["users"]["next"].partition(": ")[2]).returncode == 0
        world.git("pull", "--quiet")
        assert world.release("1.7.2", "1.7.0") == "success"
        triggers(person, 0)


@pytest.mark.thorough
def test_a_revert_helps_nobody_until_it_is_merged_and_a_chart_is_published_with_it(
    world: World, person: Person
) -> None:
    SCENARIOS["install"].happen(world)
    advised = "invoke recover --pr 42 --version next"
    for line, told in (
        (
            "rollback.revert --pr 42",
            'suspected: #42 "feat: expose the dashboard by default"; its revert #44 is not merged',
        ),
        (
            "rollback.revert --pr 42 --merge",
            "is reverted by #44, but no chart is published with that",
        ),
    ):
        person(line)
        found = triggers(person, 1, "when.users")["users"]
        assert told in found["evidence"] and found["next"] == advised


@pytest.mark.thorough
def test_what_was_reverted_before_the_release_is_not_suspected_and_a_revert_of_the_commit_counts_too(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    for number, replicas in ((42, 2), (52, 3)):
        world.merge_pull(
            f"more-{number}",
            "feat: more",
            {f"{CHART}/values.yaml": ("replicas: 1", f"replicas: {replicas}")},
            number,
        )
        if number == 42:
            world.github.merge(world.github.revert(number).number)
            world.git("pull", "--quiet")
    world.github.merge(world.github.revert(52).number)
    world.git("pull", "--quiet")
    world.github.actions_disabled = True
    world.release("1.7.0", "1.6.1")
    found = triggers(person, 1, "when.publish")["publish"]
    assert "no pull request merged" in found["evidence"] and found["next"].startswith(
        "invoke recover --sha HASH, "
    )
    world.merge_pull(
        "more-62", "feat: more", {f"{CHART}/values.yaml": ("replicas: 1", "replicas: 4")}, 62
    )
    assert triggers(person, 1, "when.publish")["publish"]["next"] == "invoke recover --pr 62"
    sha = world.github.pulls[62].merge_sha
    person(f"rollback.commit --sha {sha} --merge")
    found = triggers(person, 1, "when.publish")["publish"]
    assert "is reverted by #63" in found["evidence"] and found["next"] == "invoke recover --pr 62"
    person(found["next"].removeprefix("invoke "))
    found = triggers(person, 1, "when.publish")["publish"]
    assert found["evidence"].endswith("is reverted by #63") and found["next"].startswith(
        "gh workflow run"
    )


def test_what_runs_on_a_feature_branch_or_a_test_tag_is_no_releases_run(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    run = world.github.runs[0].id
    trial(world, "exit 1")
    assert world.github.runs[0].conclusion == "failure"
    assert (
        f"run {run} for v1.6.1: success"
        in triggers(person, 0, "when.publish")["publish"]["evidence"]
    )


@pytest.mark.thorough
def test_a_withdrawn_version_is_called_that_and_its_recovery_does_not_bring_it_back(
    world: World, person: Person
) -> None:
    SCENARIOS["install"].happen(world)
    person("publish.withdraw --version 1.7.0 --delete")
    found = triggers(person, 1, "when.publish")["publish"]
    assert "1.7.0 is withdrawn" in found["evidence"]
    person(found["next"].removeprefix("invoke "))
    assert sorted(world.registry.tags(f"{PUSH_TO}/threek8s")) == ["1.6.1", "1.7.1"]


def test_a_workflow_that_is_not_there_is_named_with_its_setting(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    for line in ("when.check", "publish.good", "prevention.monitor"):
        told = person.refused(line, 2, {"WORKFLOW": "nope.yml"})
        assert "has no workflow nope.yml: set WORKFLOW" in told
    told = person("when.check --json", 2, {"WORKFLOW": "nope.yml"}).stdout
    assert json.loads(told) == {"verdict": "could not tell", "triggers": []}


@pytest.mark.thorough
def test_a_broken_chart_on_the_default_branch_leaves_unknown_what_it_hides_and_cron_its_document(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    world.commit(
        "chore: hurry",
        {f"{CHART}/Chart.yaml": ("version: 1.6.1\nappVersion", "version: new\nappVersion")},
    )
    world.git("push", "--quiet", "origin", "main")
    found = triggers(person, 3, CHART_REF=world.reference)
    assert {name: trigger["outcome"] for name, trigger in found.items()} == {
        "publish": "clear",
        "versions": "unknown",
        "users": "clear",
    }
    assert (
        "'new' is not a semantic version" in found["versions"]["evidence"]
        and found["versions"]["next"]
    )
    world.github.runs[0].conclusion = "failure"
    found = triggers(person, 1, CHART_REF=world.reference)["publish"]
    assert (
        "the suspect could not be looked for: " in found["evidence"]
        and "'new'" in found["evidence"]
    )


def test_a_run_that_failed_has_fired_whatever_the_registry_says_of_its_chart(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    (run, *_) = world.github.runs
    run.conclusion = "failure"
    found = triggers(person, 1, "when.publish")["publish"]
    assert (
        f"run {run.id} for v1.6.1: failure" in found["evidence"]
        and "1.6.1 is there" in found["evidence"]
    )
    world.registry.stop()
    found = triggers(person, 1)
    assert fired(found) == {"publish"} and found["versions"]["outcome"] == "unknown"
    assert "could not be told" in found["publish"]["evidence"]
    assert "the suspect could not be looked for: " in found["publish"]["evidence"]
    run.conclusion = "success"
    world.commit(
        "chore: hurry",
        {f"{CHART}/Chart.yaml": ("version: 1.6.1\nappVersion", "version: 1.9.0\nappVersion")},
    )
    world.git("push", "--quiet", "origin", "main")
    found = triggers(person, 1)
    assert (
        fired(found) == {"versions"}
        and "what users get could not be told" in found["versions"]["evidence"]
    )


def test_a_private_package_cannot_be_installed_which_no_rollback_helps(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    world.registry.gate.private.add(f"{PUSH_TO}/threek8s")
    found = triggers(person, 1)
    assert fired(found) == {"publish"} and found["versions"]["outcome"] == "unknown"
    assert "1.6.1 is private" in found["publish"]["evidence"]
    assert found["publish"]["next"] == f"let anybody read {world.reference}"
    elsewhere = f"oci://{world.registry.host}/{PUSH_TO}/other"
    world.registry.gate.private.add(
        f"{PUSH_TO}/other"
    )  # as GHCR answers anybody who asks for what is not there
    found = triggers(person, 1, "when.publish", CHART_REF=elsewhere)["publish"]
    assert (
        f"{elsewhere}:1.6.1 is not there" in found["evidence"]
        and "invoke recover --sha HASH" in found["next"]
    )


def test_a_sound_world_is_clear_with_its_evidence(world: World, person: Person) -> None:
    assert triggers(person, 0)["publish"]["evidence"] == "nothing was released yet"
    world.release("1.6.1", "1.6.0")
    found = triggers(person, 0)
    assert f"run {world.github.runs[0].id} for v1.6.1: success" in found["publish"]["evidence"]
    assert "all are 1.6.1" in found["versions"]["evidence"]
    person("when")


def test_a_release_whose_workflow_never_ran_is_late_only_after_a_time(
    world: World, person: Person
) -> None:
    world.github.actions_disabled = True
    world.release("1.6.1", "1.6.0")
    assert triggers(person, 3, "when.publish", WAIT_TIMEOUT="60")["publish"]["outcome"] == "unknown"
    assert (
        "no run of the workflow for v1.6.1"
        in triggers(person, 1, "when.publish")["publish"]["evidence"]
    )


@pytest.mark.thorough
def test_a_run_in_progress_is_unknown_and_one_that_is_queued_is_late_after_a_time(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    (run, *_) = world.github.runs
    for status, limit, code in (("in_progress", "0", 3), ("queued", "600", 3), ("queued", "0", 1)):
        run.status, run.conclusion = status, None
        found = triggers(person, code, "when.publish", WAIT_TIMEOUT=limit)["publish"]
        assert f"run {run.id} for v1.6.1 is {status}" in found["evidence"]
        assert found["outcome"] == {1: "fired", 3: "unknown"}[code]


@pytest.mark.thorough
def test_the_releases_run_is_found_behind_those_of_many_pull_requests(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    (run, *_) = world.github.runs
    busy = [
        replace(run, id=900 + number, event="pull_request", head_branch=f"feature-{number}")
        for number in range(50)
    ]
    world.github.runs[:0] = busy
    assert (
        f"run {run.id} for v1.6.1: success"
        in triggers(person, 0, "when.publish")["publish"]["evidence"]
    )


@pytest.mark.thorough
def test_a_new_release_after_the_recovery_is_clear_again(world: World, person: Person) -> None:
    SCENARIOS["publish"].happen(world)
    person("rollback.revert --pr 42 --merge")
    world.git("pull", "--quiet")
    assert world.release("1.7.1", "1.7.0") == "success"
    assert fired(triggers(person, 0)) == set()


def test_versions_out_of_step_tell_which_and_since_when(world: World, person: Person) -> None:
    world.release("1.6.1", "1.6.0")
    world.commit(
        "chore: hurry",
        {f"{CHART}/Chart.yaml": ("version: 1.6.1\nappVersion", "version: 1.9.0\nappVersion")},
    )
    world.git("push", "--quiet", "origin", "main")
    told = triggers(person, 1, "when.versions")["versions"]["evidence"]
    assert "version at main is 1.9.0" in told and "appVersion" not in told
    since = world.git("log", "-1", "--format=%h %s")
    assert f"changed last by {since}\n" in told
    world.commit(
        "docs: a comment",
        {f"{CHART}/Chart.yaml": ("version: 1.9.0", "# the chart's own\nversion: 1.9.0")},
    )
    world.git("push", "--quiet", "origin", "main")
    assert (
        f"changed last by {since}\n" in triggers(person, 1, "when.versions")["versions"]["evidence"]
    )


@pytest.mark.thorough
def test_versions_are_compared_by_precedence_so_that_a_backport_is_no_fault(
    world: World, person: Person
) -> None:
    world.release("1.9.0", "1.6.0")
    world.release("1.10.0", "1.9.0")
    world.git("switch", "--quiet", "--create", "backport", "v1.9.0")
    old, new = (f"version: {version}\nappVersion: {version}" for version in ("1.9.0", "1.9.1"))
    world.commit("chore: release 1.9.1", {f"{CHART}/Chart.yaml": (old, new)})
    world.git("tag", "v1.9.1")
    world.git("push", "--quiet", "origin", "v1.9.1")
    world.github.create_release("v1.9.1", "v1.9.1", "A backport.\n").created_at += timedelta(
        seconds=2
    )
    assert world.github.settle() == "success"
    world.git("switch", "--quiet", "main")
    world.commit(
        "chore: a build",
        {f"{CHART}/Chart.yaml": ("appVersion: 1.10.0", "appVersion: 1.10.0+build.5")},
    )
    world.git("push", "--quiet", "origin", "main")
    found = triggers(person, 0)
    assert (
        "for v1.9.1: success" in found["publish"]["evidence"]
        and "all are 1.10.0" in found["versions"]["evidence"]
    )
    world.commit(
        "chore: hurry", {f"{CHART}/Chart.yaml": ("appVersion: 1.10.0+build.5", "appVersion: 1.9.1")}
    )
    world.git("push", "--quiet", "origin", "main")
    found = triggers(person, 1)["versions"]
    assert "release is 1.10.0, but appVersion at main is 1.9.1;" in found["evidence"]
    assert found["next"].startswith(
        "invoke recover --sha HASH --version next --app-version 1.10.0,"
    )


def test_what_cannot_be_read_is_unknown_and_never_clear(world: World, person: Person) -> None:
    world.release("1.6.1", "1.6.0")
    world.registry.stop()
    found = triggers(person, 3)
    assert {name: trigger["outcome"] for name, trigger in found.items()} == {
        "publish": "unknown",
        "versions": "unknown",
        "users": "clear",
    }
    found = triggers(person, 3, GITHUB_TOKEN="wrong")
    assert all(
        trigger["outcome"] == "unknown" and "log in with `gh auth login`" in trigger["next"]
        for trigger in found.values()
    )
    world.github.server.answer = lambda _: Reply(502, {"message": "Bad Gateway"})
    assert all("GitHub has trouble" in trigger["next"] for trigger in triggers(person, 3).values())


def test_reports_of_users_are_those_since_the_release_in_the_words_of_the_setting(
    world: World, person: Person
) -> None:
    world.github.open_issue("helm install fails", "long ago")
    world.github.issues[1].created_at = world.github.issues[1].created_at.replace(year=2020)
    world.release("1.6.1", "1.6.0")
    world.github.open_issue("The colours are dull", "")
    assert fired(triggers(person, 0, "when.users")) == set()
    found = triggers(person, 1, "when.users", INSTALL_TERMS="colours, fonts")
    assert (
        "#2 The colours are dull https://github.com/stianfro/threek8s/issues/2"
        in found["users"]["evidence"]
    )


@pytest.mark.thorough
def test_a_report_is_found_behind_many_newer_issues_and_the_incidents_own_issue_is_none(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    world.github.labels["Type: Incident"] = ("d93f0b", "")
    world.github.open_issue("Incident: helm install fails").labels.append("Type: Incident")
    assert fired(triggers(person, 0, "when.users")) == set()
    numbers = [world.github.open_issue("helm install fails").number for _ in range(2)]
    for _ in range(101):
        world.github.open_issue("The colours are dull")
    listed = triggers(person, 1, "when.users")["users"]["evidence"].splitlines()
    assert [line.partition(" ")[0] for line in listed[:-1]] == [
        f"#{number}" for number in reversed(numbers)
    ]
    assert "INSTALL_TERMS is ',install'" in person.refused(
        "when.users", 2, {"INSTALL_TERMS": ",install"}
    )

"""When to Rollback: each trigger fires in the world that it is meant for, and what cannot be read is never "clear"."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.world import CHART, World

from .conftest import Person

AT_ONCE = {"WAIT_TIMEOUT": "0"}  # a run that has not begun is late


def triggers(person: Person, code: int, line: str = "when.check", **env: str) -> dict[str, Any]:
    told = json.loads(person(f"{line} --json", code, {**AT_ONCE, **env}).stdout)
    assert told["verdict"] == {0: "no need to roll back", 1: "roll back", 3: "could not tell"}[code]
    return {trigger["name"]: trigger for trigger in told["triggers"]}


def fired(found: dict[str, Any]) -> set[str]:
    return {name for name, trigger in found.items() if trigger["outcome"] == "fired"}


@pytest.mark.parametrize(
    ("scenario", "expected"), [("publish", {"publish", "versions"}), ("versions", {"versions"}), ("install", {"users"})]
)
def test_each_scenario_fires_its_trigger_and_the_pull_request_that_did_it_is_suspected(
    world: World, person: Person, scenario: str, expected: set[str]
) -> None:
    SCENARIOS[scenario].happen(world)
    before = world.snapshot()
    found = triggers(person, 1)
    assert fired(found) == expected
    assert all(found[name]["next"] == "invoke recover --pr 42" for name in expected)
    assert all("suspected: #42 " in found[name]["evidence"] for name in expected)
    assert world.snapshot() == before
    assert triggers(person, 1) == found
    name = min(expected)
    assert fired(triggers(person, 1, f"when.{name}")) == {name}


def test_a_sound_world_is_clear_with_its_evidence(world: World, person: Person) -> None:
    assert triggers(person, 0)["publish"]["evidence"] == "nothing was released yet"
    world.release("1.6.1", "1.6.0")
    found = triggers(person, 0)
    assert f"run {world.github.runs[0].id} for v1.6.1: success" in found["publish"]["evidence"]
    assert "all are 1.6.1" in found["versions"]["evidence"]
    person("when")


def test_a_release_whose_workflow_never_ran_is_late_only_after_a_time(world: World, person: Person) -> None:
    world.github.actions_disabled = True
    world.release("1.6.1", "1.6.0")
    assert triggers(person, 3, "when.publish", WAIT_TIMEOUT="60")["publish"]["outcome"] == "unknown"
    assert "no run of the workflow for v1.6.1" in triggers(person, 1, "when.publish")["publish"]["evidence"]


@pytest.mark.thorough
def test_a_new_release_after_the_recovery_is_clear_again(world: World, person: Person) -> None:
    SCENARIOS["publish"].happen(world)
    person("rollback.revert --pr 42 --merge")
    world.git("pull", "--quiet")
    assert world.release("1.7.1", "1.7.0") == "success"
    assert fired(triggers(person, 0)) == set()


def test_versions_out_of_step_tell_which_and_since_when(world: World, person: Person) -> None:
    world.release("1.6.1", "1.6.0")
    world.commit("chore: hurry", {f"{CHART}/Chart.yaml": ("version: 1.6.1\nappVersion", "version: 1.9.0\nappVersion")})
    world.git("push", "--quiet", "origin", "main")
    told = triggers(person, 1, "when.versions")["versions"]["evidence"]
    assert "version at main is 1.9.0" in told and "appVersion" not in told
    assert f"changed last by {world.git('log', '-1', '--format=%h %s')}\n" in told


def test_what_cannot_be_read_is_unknown_and_never_clear(world: World, person: Person) -> None:
    world.release("1.6.1", "1.6.0")
    world.registry.stop()
    found = triggers(person, 3)
    assert {name: trigger["outcome"] for name, trigger in found.items()} == {"publish": "unknown", "versions": "unknown", "users": "clear"}
    assert "Bad credentials" in person.refused("when", 3, {"GITHUB_TOKEN": "wrong"})


def test_reports_of_users_are_those_since_the_release_in_the_words_of_the_setting(world: World, person: Person) -> None:
    world.github.open_issue("helm install fails", "long ago")
    world.github.issues[1].created_at = world.github.issues[1].created_at.replace(year=2020)
    world.release("1.6.1", "1.6.0")
    world.github.open_issue("The colours are dull", "")
    assert fired(triggers(person, 0, "when.users")) == set()
    found = triggers(person, 1, "when.users", INSTALL_TERMS="colours, fonts")
    assert "#2 The colours are dull https://github.com/stianfro/threek8s/issues/2" in found["users"]["evidence"]

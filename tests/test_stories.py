"""Each scenario in each repository: what when.check advises is typed, and users are content."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tasks.sandbox.world import World

from .conftest import Person
from .scenes import happen
from .stories import STORIES, Story

LABELS = ["priority: high", "type: incident"]


def ask(person: Person, line: str, code: int = 0, **env: str) -> dict[str, Any]:
    """Type a recipe with --json; a run that has not started counts as late."""
    result = person(f"{line} --json", code, {"WAIT_TIMEOUT": "0", **env}).stdout
    parsed: dict[str, Any] = json.loads(result)
    return parsed


def fired(result: Mapping[str, Any]) -> dict[str, str]:
    """Return what to type next, by the triggers that fired."""
    triggers: Sequence[Mapping[str, str]] = result["triggers"]
    return {one["name"]: one["next"] for one in triggers if one["outcome"] == "fired"}


def type_advice(person: Person, line: str, code: int) -> None:
    """Type a line of advice as it is, with the variables before the command."""
    variables, _, words = line.partition("invoke ")
    person(words, code, dict(re.findall(r"(\w+)=(\S+)", variables)))


def assert_users_get(world: World, version: str) -> None:
    """Assert that anybody can install the chart, and gets a version."""
    shown = world.run("helm", "show", "chart", world.reference, "--plain-http").stdout
    assert f"\nversion: {version}\n" in shown
    assert world.run("helm", "template", "x", world.reference, "--plain-http").returncode == 0


def changed_files(world: World, commit: str, other: str) -> list[str]:
    return world.git("diff", "--name-only", commit, other, at=world.remote).split()


def recover(world: World, person: Person, story: Story) -> None:
    """Type what when.check advises, and look at what that did."""
    merged = world.github.pulls[42].merge_sha
    files = changed_files(world, f"{merged}^1", merged)
    before = world.snapshot()
    result = ask(person, "when.check", 1)
    assert fired(result).keys() == set(story.fired)
    (suspect,) = [one for one in result["suspects"] if one["is_clear"]]
    assert suspect["number"] == 42
    assert world.snapshot() == before

    command = next(iter(fired(result).values())).splitlines()[-1]
    assert command.startswith("invoke recover --pr 42")
    type_advice(person, command, int(story.fails_again))
    (revert,) = [one for one in world.github.pulls.values() if "evert" in one.title]
    assert changed_files(world, f"{revert.merge_sha}^1", revert.merge_sha) == files
    assert_users_get(world, story.version)


def inform(world: World, person: Person) -> None:
    """Tell users, then end the incident."""
    notes = [release.body for release in world.github.releases]
    person("support.incident support.notify")
    issue = max(world.github.issues.values(), key=lambda one: one.number)
    assert (issue.state, issue.labels) == ("OPEN", LABELS)
    (changed,) = [
        one.body for one, old in zip(world.github.releases, notes, strict=True) if one.body != old
    ]
    assert f"/issues/{issue.number}" in changed
    person("support.notify --resolved support.lessons --close")
    assert issue.state == "CLOSED"
    assert [release.body for release in world.github.releases] == notes


@pytest.mark.thorough
@pytest.mark.parametrize(("repository", "scenario"), STORIES)
def test_what_is_advised_recovers_and_then_nothing_fires(
    request: pytest.FixtureRequest, repository: str, scenario: str
) -> None:
    world: World = request.getfixturevalue(repository)
    person = Person(world)
    story = STORIES[repository, scenario]
    happen(world, story.happen)
    recover(world, person, story)
    assert fired(ask(person, "when.check")) == {}
    good = ask(person, "publish.good")["good"]
    assert good in (story.good, {"argo-cd": story.good})
    person("verify.all", int(story.fails_again))
    inform(world, person)
    for issue in world.github.issues.values():
        issue.state = "CLOSED"
    elsewhere = str(world.folder / "elsewhere")  # as in cron or in CI
    assert fired(ask(person, "when.check", STATE_DIR=elsewhere)) == {}

    version, previous = story.following
    world.git("pull", "--quiet")
    assert world.release(version, previous) == "success"
    assert fired(ask(person, "when.check")) == {}
    person("verify.all")
    assert_users_get(world, version)

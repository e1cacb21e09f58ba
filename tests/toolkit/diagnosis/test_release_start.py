"""Which workflow a release starts, and by which event."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tasks.sandbox.world import WORKFLOW, World
from tasks.toolkit.clients.github.workflow_file import Workflow
from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.diagnosis.release_start import Starter, choose_start, find_starters

from .staging import make_project

CALLED: dict[str, Any] = {"workflow_call": {}}
MAIN = {"push": {"branches": ["main"]}}
TAGS = {"push": {"tags": ["v*"]}}
RELEASED = {"release": {"types": ["published"]}}
DISPATCH: dict[str, Any] = {"workflow_dispatch": {}}
TESTED: dict[str, Any] = {"pull_request": {}, "schedule": []}


def starter(name: str, on: Any, depth: int = 0, *, is_automated: bool = False) -> Starter:
    text = yaml.safe_dump({"on": on, "jobs": {}})
    path = f".github/workflows/{name}.yml"
    return Starter(path, Workflow.parse(text, path), depth, is_automated)


def chosen(way: str, own: Any, *callers: Starter) -> tuple[str, str]:
    """Return the file and the event that a way starts."""
    starters = [*callers, starter("own", own)]
    found, kind = choose_start(starters, way, "v1.7.0", "main")
    return found.file.removesuffix(".yml"), kind.split(" ")[0]


ALONE = [
    (RELEASED | TAGS | DISPATCH, "release"),
    (TAGS | DISPATCH, "tag"),
    ({"push": {"tags": ["chart-*"]}} | DISPATCH, "dispatch"),
    (MAIN | DISPATCH, "push"),
    ({"push": None}, "tag"),
    ("push", "tag"),
    (["release", "push"], "release"),
    ({"release": {"types": ["deleted"]}} | TAGS, "tag"),
    (DISPATCH | TESTED, "dispatch"),
]


@pytest.mark.parametrize(("on", "kind"), ALONE)
def test_a_workflow_that_nothing_calls_starts_by_its_own_event(on: Any, kind: str) -> None:
    assert chosen("release", on) == ("own", kind)


def test_an_automation_releases_what_is_pushed_to_the_default_branch() -> None:
    both = {**RELEASED, "push": {"branches": ["main"], "tags": ["v*"]}}
    starters = [starter("own", both, is_automated=True)]
    assert choose_start(starters, "release", "v1.7.0", "main")[1].startswith("a push")
    assert choose_start(starters, "release", "v1.7.0", "master")[1] == "release"


CALLERS = [
    (CALLED | TAGS, [("release", RELEASED)], ("release", "release")),
    (CALLED | RELEASED, [("tags", TAGS)], ("tags", "tag")),
    (CALLED | RELEASED, [("ci", MAIN)], ("own", "release")),
    (CALLED | RELEASED, [("nightly", TESTED)], ("own", "release")),
    (CALLED, [("ci", MAIN)], ("ci", "push")),
    (CALLED | DISPATCH, [("ci", MAIN | DISPATCH)], ("ci", "push")),
    (CALLED, [("outer", TAGS), ("inner", TAGS | CALLED)], ("outer", "tag")),
    (CALLED, [("test", TESTED), ("release", RELEASED)], ("release", "release")),
]


@pytest.mark.parametrize(("own", "callers", "expected"), CALLERS)
def test_a_caller_that_a_release_starts_comes_first(
    own: Any, callers: list[tuple[str, Any]], expected: tuple[str, str]
) -> None:
    depth = len(callers)
    assert chosen("release", own, *(starter(name, on, depth) for name, on in callers)) == expected


def test_the_caller_that_runs_an_automation_comes_before_all() -> None:
    callers = [starter("tags", TAGS, 1), starter("please", MAIN, 1, is_automated=True)]
    assert chosen("release", CALLED | RELEASED, *callers) == ("please", "a")


def test_a_way_may_be_that_of_a_caller() -> None:
    caller = starter("caller", TAGS | DISPATCH, 1)
    assert chosen("tag", CALLED, caller) == ("caller", "tag")
    assert chosen("dispatch", CALLED, caller) == ("caller", "dispatch")
    assert chosen("dispatch", CALLED | DISPATCH, caller) == ("own", "dispatch")


REFUSED = [
    ("release", TESTED, "no release starts own.yml: it is started by pull_request, schedule"),
    ("release", {"push": {"tags": ["chart-*"]}}, "the next tag, its tag filters are chart-*"),
    ("tag", {"push": {"tags": ["chart-*"]}}, "whose tag filters are: chart-*"),
    ("tag", RELEASED, "whose tag filters are: none"),
    ("dispatch", TAGS, "own.yml cannot be run by hand: it has no workflow_dispatch"),
]


@pytest.mark.parametrize(("way", "on", "what"), REFUSED)
def test_a_way_that_is_not_offered_is_refused(way: str, on: Any, what: str) -> None:
    with pytest.raises(BadInput) as refusal:
        chosen(way, on)
    assert what in refusal.value.what
    assert refusal.value.advice


@pytest.mark.parametrize("event", ["workflow_run", "repository_dispatch", "schedule"])
def test_what_another_event_starts_is_to_be_run_by_hand(event: str) -> None:
    with pytest.raises(BadInput) as refusal:
        chosen("release", {event: None})
    assert event in refusal.value.what
    assert "workflow_dispatch" in refusal.value.advice


def test_the_callers_of_callers_are_found_outermost_first(world: World) -> None:
    folder = world.clone / ".github/workflows"
    release = (folder / "release-please.yml").read_text()
    called = release.replace("push:\n    branches: [main]", "workflow_call:")
    (folder / "release-please.yml").write_text(called)
    uses = "./.github/workflows/release-please.yml"
    outer = {"on": MAIN, "jobs": {"release": {"uses": uses}}}
    (folder / "main.yml").write_text(yaml.safe_dump(outer))
    commit = world.commit("ci: release from main")
    starters = find_starters(make_project(world), commit)
    assert [(one.file, one.is_automated) for one in starters] == [
        ("main.yml", True),
        ("release-please.yml", True),
        ("publish-helm.yml", False),
    ]
    assert starters[-1].path == WORKFLOW
    assert starters[-1].tag_filters == ["v*", "chart-v*"]

"""The root's own words: the drill is the main job, rehearsed as a person would do it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.server import Reply
from tasks.sandbox.world import World
from tasks.toolkit.console.signals import interrupt
from tasks.toolkit.diagnosis.readiness import SET_UP

from .conftest import FOLDERS, PROJECT, Person


def drill(*options: str, **env: str) -> subprocess.Popen[str]:
    path = os.pathsep.join([*map(str, FOLDERS), os.environ["PATH"]])
    argv = [str(PROJECT / "inv"), "drill", *options]
    with interrupt.blocked_for_child():  # however slow its imports are today
        return subprocess.Popen(
            argv,
            cwd="/",
            env={**os.environ, "PATH": path, **env},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_each_scenario_ends_with_a_revert_merged_a_version_published_and_all_verified(
    scenario: str, exhaustive: bool
) -> None:
    if scenario != "publish" and not exhaustive:
        pytest.skip("one scenario is enough here: run with --all")
    running = drill("--scenario", scenario)
    told, progress = running.communicate(timeout=120)
    assert running.returncode == 0, told + progress
    digests = set(re.findall(r"sha256:[0-9a-f]{64}", told))
    assert len(digests) == 1, told
    assert f"threek8s:{SCENARIOS[scenario].version}" in told
    assert told.count("merged as") == 1
    assert "unverified" in told and told.rindex("passed") > told.rindex("unverified")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("seconds", [1, 2.5])
def test_an_interrupt_takes_the_world_down(
    tmp_path: Path, number: signal.Signals, seconds: float, exhaustive: bool
) -> None:
    if (number is not signal.SIGINT or seconds != 1) and not exhaustive:
        pytest.skip("Ctrl-C is enough here: run with --all")
    running = drill("--keep", TMPDIR=str(tmp_path))
    time.sleep(seconds)
    os.killpg(running.pid, number)
    told = running.communicate(timeout=20)[1]
    assert running.returncode in {130, -signal.SIGINT}, (
        told
    )  # a shell says 130 for both; Python picks where an interrupted import ran exec()
    assert "Traceback" not in told
    assert (
        running.returncode != 130
        or "interrupted: the world is taken down, and nothing else was changed"
        in told.splitlines()[-1]
    )
    assert [
        left for left in tmp_path.rglob("*") if left.is_file() or left.name.startswith("sandbox-")
    ] == []


def test_a_kept_world_can_be_gone_on_in_by_hand_with_the_lines_that_it_prints(
    tmp_path: Path, exhaustive: bool
) -> None:
    if not exhaustive:
        pytest.skip("it is a drill and more: run with --all")
    running = drill("--keep", TMPDIR=str(tmp_path))
    assert running.stdout and running.stderr
    lines: list[str] = []
    while "export XDG_STATE_HOME" not in (lines or [""])[-1]:
        lines.append(running.stdout.readline())
    typed = "".join(line for line in lines if line.startswith(("cd ", "unset ", "export ")))
    typed += "invoke rollback.revert --pr 42 && invoke verify.all --strict --json"
    done = subprocess.run(
        ["sh", "-ec", typed], cwd="/", text=True, capture_output=True, check=False
    )
    os.killpg(running.pid, signal.SIGINT)
    running.communicate(timeout=20)
    assert "is reverted already by #43" in done.stderr
    assert json.loads(done.stdout)["passed"]
    assert running.returncode == 0


@pytest.mark.thorough
def test_recover_is_the_whole_way_in_one_word_and_again_makes_nothing_new(
    broken: World, person: Person
) -> None:
    told = person("recover --pr 42")
    assert "published oci://" in told.stderr and "passed" in told.stdout
    *_, done, following = told.stderr.splitlines()
    assert re.search(r"recover +✓ done, \d.* after the incident began$", done)
    assert following.endswith("→ invoke support.incident support.notify")
    after = broken.snapshot()
    person("recover --pr 42")
    assert broken.snapshot() == after
    assert sorted(broken.github.pulls) == [42, 43]


def test_recover_stops_at_the_first_failure_and_says_what_is_done_what_not_and_how_to_go_on(
    broken: World, person: Person
) -> None:
    answer = broken.registry.server.answer
    broken.registry.server.answer = lambda request: (
        Reply(413) if request.method == "PUT" else answer(request)
    )
    told = person("recover --pr 42", 3).stderr
    assert (
        "done: immediate (revert the PR); not done: quick (manual chart publication), full (complete fix and re-deployment)"
        in told
    )
    assert "to go on from there: invoke recover --pr 42\n" in told
    broken.registry.server.answer = answer
    told = person("recover --pr 42").stderr
    assert "is reverted already by #43" in told and "published oci://" in told


def test_recover_reverts_nothing_if_what_comes_after_cannot_be_done(
    broken: World, person: Person
) -> None:
    assert "is not a semantic version" in person.refused("recover --pr 42 --version 1.2")
    assert "set DEFAULT_BRANCH" in person.refused("recover --pr 42", env={"DEFAULT_BRANCH": "nope"})
    assert "holds no chart" in person.refused("recover --pr 42", env={"CHART_DIR": "nope"})
    broken.registry.gate.readonly.add(broken.token)
    assert "write:packages" in person.refused("recover --pr 42", 1)


@pytest.mark.thorough
def test_recover_takes_a_commit_skips_publication_and_needs_one_thing_to_revert(
    broken: World, person: Person
) -> None:
    assert "either --pr 42 or --sha HASH" in person.refused("recover")
    assert "either --pr 42 or --sha HASH" in person.refused("recover --pr 42 --sha abc")
    assert "to go on" not in person("recover --pr 9999", 2).stderr
    tags = broken.registry.snapshot()
    sha = broken.github.pulls[42].merge_sha
    person(f"recover --sha {sha[:10]} --skip-publish")
    assert broken.registry.snapshot() == tags
    assert broken.github.pulls[43].state == "MERGED"
    stages = {
        stage["name"]: stage for stage in json.loads(person("timeline --json").stdout)["stages"]
    }
    assert [stages[name]["state"] for name in ("Immediate", "Quick")] == ["in time", "skipped"]


def test_the_doctor_finds_everything_there_and_names_what_is_not(
    world: World, person: Person, tmp_path: Path
) -> None:
    (tmp_path / "git").symlink_to(shutil.which("git") or "")

    def told(env: dict[str, str]) -> dict[str, Any]:
        before = world.snapshot()
        found = {
            check["name"]: check
            for check in json.loads(person("doctor --json", bool(env), env).stdout)["checks"]
        }
        assert world.snapshot() == before
        return found

    assert {name: check["outcome"] for name, check in told({}).items()} == dict.fromkeys(
        SET_UP, "passed"
    ) | {"public": "unverified"}
    bare = told({"PATH": f"{Path(sys.executable).parent}:{tmp_path}"})["programs"]
    assert bare["outcome"] == "failed" and "https://cli.github.com" in bare["next"]
    assert "set GITHUB_TOKEN" in told({"GITHUB_TOKEN": "wrong"})["repository"]["next"]
    assert told({"REGISTRY": ""})["references"]["evidence"] == "REGISTRY is not set"
    assert "set REPO_DIR" in told({"REPO_DIR": str(world.home)})["repository"]["next"]
    person("timeline.start")
    assert "is open, begun" in told({})["incident"]["evidence"]


def test_an_unknown_scenario_is_refused_and_the_known_ones_are_listed() -> None:
    running = drill("--scenario", "nothing")
    assert "choose one of publish, versions, install" in running.communicate(timeout=20)[1]
    assert running.returncode == 2
    listed = drill("--scenario", "list").communicate(timeout=20)[0]
    assert all(scenario.trigger[:20] in listed for scenario in SCENARIOS.values())

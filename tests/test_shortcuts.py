"""The root's own words: recover, doctor and the drill, as a person types them."""

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

from .conftest import FOLDERS, PROJECT, Person

DRILL_INTERRUPTED = "interrupted: the sandbox is deleted, and nothing else was changed"
SETUP_CHECKS = [
    "programs",
    "repository",
    "scope repo",
    "scope workflow",
    "scope write:packages",
    "scope delete:packages",
    "references",
    "token",
    "public",
    "helm",
    "path",
    "incident",
]


def start_drill(*options: str, **env: str) -> subprocess.Popen[str]:
    path = os.pathsep.join([*map(str, FOLDERS), os.environ["PATH"]])
    return subprocess.Popen(
        [str(PROJECT / "inv"), "drill", *options],
        cwd="/",
        env={**os.environ, "PATH": path, **env},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def stages(person: Person) -> dict[str, Any]:
    found = json.loads(person("timeline --json").stdout)["stages"]
    return {stage["name"]: stage for stage in found}


# The environment


@pytest.mark.thorough
def test_variables_of_invoke_itself_change_no_recipe(world: World) -> None:
    values = {"WATCHERS": "x", "ASYNCHRONOUS": "1", "DISOWN": "1", "PTY": "1", "SHELL": "/no"}
    env = {f"INVOKE_RUN_{name}": value for name, value in values.items()}
    env["INVOKE_TASKS_AUTO_DASH_NAMES"] = "0"
    ended = world.run("invoke", "timeline.start", at=PROJECT, env=env)
    assert ended.returncode == 0, ended.stderr
    assert "is open" in ended.stderr
    planned = world.run("invoke", "timeline.stop", at=PROJECT, env={"INVOKE_RUN_DRY": "1"})
    assert planned.stdout.startswith("(sh -e ")


# The drill


@pytest.mark.parametrize("scenario", [name for name, one in SCENARIOS.items() if one.version])
def test_each_scenario_ends_with_a_revert_merged_a_version_published_and_all_verified(
    scenario: str, exhaustive: bool
) -> None:
    if scenario != "publish" and not exhaustive:
        pytest.skip("one scenario is enough here: run with --all")
    running = start_drill("--scenario", scenario)
    printed, progress = running.communicate(timeout=120)
    assert running.returncode == 0, printed + progress
    assert len(set(re.findall(r"sha256:[0-9a-f]{64}", printed))) == 1, printed
    assert f"threek8s:{SCENARIOS[scenario].version}" in printed
    assert len(set(re.findall(r"merged as\W+([0-9a-f]{12})", printed))) == 1, printed
    assert "unverified" in printed
    assert printed.rindex("passed") > printed.rindex("unverified")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("seconds", [0.3, 1.8])
@pytest.mark.thorough
def test_an_interrupt_deletes_the_sandbox(
    tmp_path: Path, number: signal.Signals, seconds: float, exhaustive: bool
) -> None:
    is_usual = (number, seconds) == (signal.SIGINT, 0.3)
    if not is_usual and not exhaustive:
        pytest.skip("Ctrl-C is enough here: run with --all")
    running = start_drill("--keep", TMPDIR=str(tmp_path))
    assert running.stderr
    while "building the sandbox" not in running.stderr.readline():
        assert running.poll() is None
    time.sleep(seconds)
    os.killpg(running.pid, number)
    printed = running.communicate(timeout=20)[1]
    # A shell reports 130 for both; Python chooses where an interrupted import ran exec().
    assert running.returncode in {130, -signal.SIGINT}, printed
    assert "Traceback" not in printed
    if running.returncode == 130:
        assert DRILL_INTERRUPTED in printed.splitlines()[-1]
    left = list(tmp_path.rglob("*"))
    assert [path for path in left if path.is_file() or path.name.startswith("sandbox-")] == []


def test_a_kept_sandbox_can_be_continued_by_hand_with_the_lines_that_it_prints(
    tmp_path: Path, exhaustive: bool
) -> None:
    if not exhaustive:
        pytest.skip("it is a drill and more: run with --all")
    running = start_drill("--keep", TMPDIR=str(tmp_path))
    assert running.stdout
    lines = [""]
    while "export XDG_STATE_HOME" not in lines[-1]:
        lines.append(running.stdout.readline())
    typed = [line for line in lines if line.startswith(("cd ", "unset ", "export "))]
    typed.append("invoke rollback.revert --pr 42 && invoke verify.all --strict --json")
    argv = ["sh", "-ec", "".join(typed)]
    ended = subprocess.run(argv, cwd="/", text=True, capture_output=True, check=False)
    os.killpg(running.pid, signal.SIGINT)
    running.communicate(timeout=20)
    assert "already reverted by #43" in ended.stderr
    assert json.loads(ended.stdout)["passed"]
    assert running.returncode == 0


@pytest.mark.thorough
def test_an_unknown_scenario_is_refused_and_the_scenarios_are_listed() -> None:
    running = start_drill("--scenario", "nothing")
    assert "did you mean publish, versions, install" in running.communicate(timeout=20)[1]
    assert running.returncode == 2
    listed = start_drill("--scenario", "list").communicate(timeout=20)[0]
    assert all(scenario.trigger[:20] in listed for scenario in SCENARIOS.values())


# Recover


@pytest.mark.thorough
def test_recover_does_everything_and_a_second_time_nothing_new(
    broken: World, person: Person
) -> None:
    recovered = person("recover --pr 42")
    assert "published oci://" in recovered.stderr
    assert "passed" in recovered.stdout
    *_, left, advice = recovered.stderr.splitlines()
    assert re.search(
        r"recover +! users can install again, \d.* after the incident was opened$", left
    )
    assert advice.endswith("→ to tell users: invoke support.incident support.notify")
    after = broken.snapshot()
    person("recover --pr 42")
    assert broken.snapshot() == after
    assert sorted(broken.github.pulls) == [42, 43]


@pytest.mark.thorough
def test_recover_stops_at_the_first_failure_and_says_what_is_done_and_how_to_resume(
    broken: World, person: Person
) -> None:
    answer = broken.registry.server.answer

    def refuse_uploads(request: Any) -> Reply:
        return Reply(413) if request.method == "PUT" else answer(request)

    broken.registry.server.answer = refuse_uploads
    printed = person("recover --pr 42", 3).stderr
    assert "! Stopped. Revert #43 is merged. Left: publish, verify" in printed
    assert "to resume: invoke recover --pr 42\n" in printed
    broken.registry.server.answer = answer
    printed = person("recover --pr 42").stderr
    assert "already reverted by #43" in printed
    assert "published oci://" in printed


@pytest.mark.thorough
def test_recover_reverts_nothing_if_what_comes_after_cannot_be_done(
    broken: World, person: Person
) -> None:
    assert "is not a semantic version" in person.refused("recover --pr 42 --version 1.2")
    assert "set DEFAULT_BRANCH" in person.refused("recover --pr 42", env={"DEFAULT_BRANCH": "nope"})
    assert "holds no chart" in person.refused("recover --pr 42", env={"CHART_DIR": "nope"})
    broken.registry.access.readonly.add(broken.token)
    assert "write:packages" in person.refused("recover --pr 42", 3)


@pytest.mark.thorough
def test_recover_takes_a_commit_and_skips_publication(broken: World, person: Person) -> None:
    assert "to resume" not in person("recover --pr 9999", 2).stderr
    tags = broken.registry.snapshot()
    sha = broken.github.pulls[42].merge_sha
    left = person(f"recover --sha {sha[:10]} --skip-publish", 1).stdout
    assert "publish still fires" in left
    assert broken.registry.snapshot() == tags
    assert broken.github.pulls[43].state == "MERGED"
    found = stages(person)
    assert [found[name]["state"] for name in ("Immediate", "Quick")] == ["in time", "skipped"]


# The doctor


def test_the_doctor_finds_everything_ready_and_names_what_is_not(
    world: World, person: Person, tmp_path: Path
) -> None:
    (tmp_path / "git").symlink_to(shutil.which("git") or "")

    def examine(**env: str) -> dict[str, Any]:
        before = world.snapshot()
        ended = person("doctor --json", code=bool(env), env=env)
        assert world.snapshot() == before
        return {check["name"]: check for check in json.loads(ended.stdout)["checks"]}

    outcomes = {name: check["outcome"] for name, check in examine().items()}
    assert outcomes == {**dict.fromkeys(SETUP_CHECKS, "passed"), "public": "unverified"}
    bare = examine(PATH=f"{Path(sys.executable).parent}:{tmp_path}")["programs"]
    assert bare["outcome"] == "failed"
    assert "not on PATH: gh and helm" in bare["evidence"]
    assert re.search("export PATH=|https://cli.github.com", bare["next"])
    wrong = examine(GITHUB_TOKEN="wrong")["repository"]
    assert "unset it, or set a valid one" in wrong["next"]
    assert examine(REGISTRY="")["references"]["evidence"] == "REGISTRY is not set"
    assert "set REPO_DIR" in examine(REPO_DIR=str(world.home))["repository"]["next"]
    person("timeline.start")
    assert "is open, begun" in examine()["incident"]["evidence"]

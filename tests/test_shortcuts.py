"""The root's own words: the drill is the main job, rehearsed as a person would do it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tasks.sandbox.scenarios import SCENARIOS

from .conftest import FOLDERS, PROJECT


def drill(*options: str, **env: str) -> subprocess.Popen[str]:
    path = os.pathsep.join([*map(str, FOLDERS), os.environ["PATH"]])
    argv = [str(PROJECT / "inv"), "drill", *options]
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
def test_each_scenario_ends_with_a_revert_merged_a_version_published_and_all_verified(scenario: str, exhaustive: bool) -> None:
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
def test_an_interrupt_takes_the_world_down(tmp_path: Path, number: signal.Signals, seconds: float) -> None:
    running = drill("--keep", TMPDIR=str(tmp_path))
    time.sleep(seconds)
    os.killpg(running.pid, number)
    told = running.communicate(timeout=20)[1]
    assert running.returncode == 130, told
    assert "Traceback" not in told
    assert [left for left in tmp_path.rglob("*") if left.is_file() or left.name.startswith("sandbox-")] == []


def test_a_kept_world_can_be_gone_on_in_by_hand_with_the_lines_that_it_prints(tmp_path: Path) -> None:
    running = drill("--keep", TMPDIR=str(tmp_path))
    assert running.stdout and running.stderr
    lines: list[str] = []
    while "export XDG_STATE_HOME" not in (lines or [""])[-1]:
        lines.append(running.stdout.readline())
    typed = "".join(line for line in lines if line.startswith(("cd ", "unset ", "export ")))
    typed += "invoke rollback.revert --pr 42 && invoke verify.all --strict --json"
    done = subprocess.run(["sh", "-ec", typed], cwd="/", text=True, capture_output=True, check=False)
    os.killpg(running.pid, signal.SIGINT)
    running.communicate(timeout=20)
    assert "is reverted already by #43" in done.stderr
    assert json.loads(done.stdout)["passed"]
    assert running.returncode == 0


def test_an_unknown_scenario_is_refused_and_the_known_ones_are_listed() -> None:
    running = drill("--scenario", "nothing")
    assert "choose one of publish, versions, install" in running.communicate(timeout=20)[1]
    assert running.returncode == 2
    listed = drill("--scenario", "list").communicate(timeout=20)[0]
    assert all(scenario.trigger[:20] in listed for scenario in SCENARIOS.values())

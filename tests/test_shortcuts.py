"""The root's own words: the drill is the main job, rehearsed as a person would do it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tasks.sandbox.scenarios import SCENARIOS

from .conftest import FOLDERS, PROJECT


def drill(*options: str) -> subprocess.Popen[str]:
    path = os.pathsep.join([*map(str, FOLDERS), os.environ["PATH"]])
    argv = [str(PROJECT / "inv"), "drill", *options]
    return subprocess.Popen(
        argv, cwd="/", env={**os.environ, "PATH": path}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
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


def test_ctrl_c_takes_the_world_down() -> None:
    before = set(Path(tempfile.gettempdir()).glob("sandbox-*"))
    running = drill("--keep")
    assert running.stdout
    time.sleep(2)
    os.killpg(running.pid, signal.SIGINT)
    running.communicate(timeout=20)
    assert running.returncode == 130
    assert set(Path(tempfile.gettempdir()).glob("sandbox-*")) - before == set()


def test_an_unknown_scenario_is_refused_and_the_known_ones_are_listed() -> None:
    running = drill("--scenario", "nothing")
    assert "choose one of publish, versions, install" in running.communicate(timeout=20)[1]
    assert running.returncode == 2
    listed = drill("--scenario", "list").communicate(timeout=20)[0]
    assert all(scenario.trigger[:20] in listed for scenario in SCENARIOS.values())

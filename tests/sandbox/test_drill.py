"""The drill ends what it started, and shows a bad change before its merge."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.sandbox.drill import Drill
from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.typed_commands import Advice, Typed
from tasks.sandbox.world import World
from tasks.toolkit.console import output

from ..conftest import FOLDERS, PROJECT


def test_a_signal_while_a_command_starts_ends_that_command(world: World) -> None:
    file = world.folder / "pid"

    @contextmanager
    def blocked_signals() -> Iterator[None]:
        yield
        while not file.exists() or not file.read_text():
            time.sleep(0.01)
        raise KeyboardInterrupt

    script = f"echo $$ > {shlex.quote(str(file))}; exec sleep 60"
    with pytest.raises(KeyboardInterrupt):
        Drill(output, [], blocked_signals)._run_command(shlex.join(["sh", "-c", script]), world)
    with pytest.raises(ProcessLookupError):
        os.kill(int(file.read_text()), 0)


def run_drill(folder: Path, *options: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run a drill of the scenario `gate`, which leaves no sandbox behind, and return its output."""
    path = os.pathsep.join([*map(str, FOLDERS), os.environ["PATH"]])
    ended = subprocess.run(
        [str(PROJECT / "inv"), "drill", "--scenario", "gate", *options],
        cwd="/",
        env={**os.environ, "PATH": path, "TMPDIR": str(folder), "SHELL": "/bin/bash"},
        input=typed,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert list(folder.glob("sandbox-*")) == []
    return ended


@pytest.mark.thorough
def test_the_gate_shows_before_the_merge_where_the_chart_would_land(tmp_path: Path) -> None:
    ended = run_drill(tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    of_pull, of_main = ended.stdout.split("Rehearsal of ")[1:]
    assert of_pull.startswith("#42, ")
    assert "✗ pushed failed" in of_pull
    assert "landed at oci://ghcr.io/stianfro/charts/threek8s" in of_pull
    assert of_main.startswith("main, ")
    assert "✓ pushed passed" in of_main
    for step in ("revert", "publish", "re-deploy"):
        assert re.search(rf"^{step} +nothing ", ended.stdout, re.M)


@pytest.mark.thorough
def test_by_hand_it_is_solved_while_the_pull_request_is_not_merged(tmp_path: Path) -> None:
    ended = run_drill(tmp_path, "--hands-on", typed="gh pr view 42 --json state\n")
    assert ended.returncode == 0, ended.stderr
    assert "→ inv prevention.rehearse --pr 42\n" in ended.stderr
    assert '"state":"OPEN"' in ended.stdout.replace(" ", "")
    assert "✓ solved: the next release of main goes where users install from\n" in ended.stderr


@pytest.mark.thorough
def test_by_hand_it_is_not_solved_by_a_merge(tmp_path: Path) -> None:
    merge = "sleep 1.5\ngh pr merge 42 --squash\n"  # the required check takes a second
    ended = run_drill(tmp_path, "--hands-on", typed=merge)
    assert ended.returncode == 0, ended.stderr
    assert "! not solved yet: the next release of main would go wrong\n" in ended.stderr


def test_what_changes_something_in_a_drill_without_a_version_fails_it(world: World) -> None:
    def merging(_: Advice) -> Iterator[Typed]:
        yield Typed("true", 0)
        world.merge_pull("docs", "docs: more", {"README.md": ("# ", "# The ")})

    def nothing(_: Advice) -> Iterator[Typed]:
        yield Typed("true", 0)

    drill = Drill(output, [], nullcontext)
    scenario = SCENARIOS["gate"]
    assert not drill._run_commands(world, replace(scenario, commands=nothing))
    assert drill._run_commands(world, replace(scenario, commands=merging))

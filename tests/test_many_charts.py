"""A hundred charts are verified with one helm each, in little more time than helm shows them."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import ClassVar

import pytest

from tasks.sandbox.github.runs import Run
from tasks.sandbox.repository_files import copy_repository, write_charts
from tasks.sandbox.world import World
from tasks.toolkit.console.waiting import MOST_PARALLEL

from .conftest import FOLDERS, PROJECT
from .scenes import new_world

NAMES = [f"chart-{number}" for number in range(100)]
ROUNDS = 3
MOST_OTHERS = 40


class ManyWorld(World):
    """A sandbox with a hundred charts."""

    slug = "many/charts"
    push_to = "many/charts"
    settings: ClassVar[dict[str, str]] = {"CHART_DIR": "charts/*", "WORKFLOW": "publish.yml"}

    def _write_files(self) -> None:
        copy_repository("charts", self.clone)
        write_charts(self.clone, dict.fromkeys(NAMES, ("1.0.0", "1.0.0")))


def publish_all(world: World) -> None:
    """Push each chart with helm."""
    target = f"oci://{world.registry.host}/{world.push_to}"
    login = ["registry", "login", world.registry.host, "--username", "many", "--plain-http"]
    packages = world.folder / "packages"
    folders = [f"charts/{name}" for name in NAMES]
    lines = [
        f"helm {shlex.join(login)} --password-stdin <<<{world.token}",
        f"helm package {shlex.join(folders)} --destination {packages}",
        f"ls {packages}/* | xargs -P 8 -I % helm push % {target} --plain-http",
        f"helm registry logout {world.registry.host}",
    ]
    ended = world.run("bash", "-ec", "\n".join(lines))
    assert ended.returncode == 0, ended.stderr


def add_run(world: World) -> None:
    """Add a run of the workflow that succeeded."""
    actions = world.github.actions
    actions.workflows(world.branch)  # GitHub knows a workflow from its first push
    run = Run(
        "Chart Publish",
        1,
        status="completed",
        conclusion="success",
        path=".github/workflows/publish.yml",
        event="push",
        head_branch=world.branch,
        head_sha=world.git("rev-parse", world.branch),
    )
    run.ended.set()
    actions.runs.insert(0, run)


def show_all(world: World) -> list[str]:
    """Return the command that lets helm show each chart, as many at a time as the recipes."""
    prefix = f"oci://{world.registry.host}/{world.push_to}"
    names = " ".join(NAMES)
    show = f"helm show chart {prefix}/% --plain-http >/dev/null"
    xargs = f"xargs -n 1 -P {MOST_PARALLEL} -I % sh -c {shlex.quote(show)}"
    return ["sh", "-ec", f"printf '%s\\n' {names} | {xargs}"]


def seconds(world: World, argv: list[str]) -> float:
    """Run a command, which must succeed, and return the seconds that it takes."""
    start = time.monotonic()
    ended = subprocess.run(
        argv, cwd=PROJECT, env=world.env, capture_output=True, text=True, check=False
    )
    taken = time.monotonic() - start
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return taken


@pytest.mark.thorough
def test_a_hundred_charts_take_one_helm_each_and_little_more(
    record_property: Callable[[str, object], None],
) -> None:
    with new_world(FOLDERS, shape=ManyWorld) as world:
        del world.env["POLL_INTERVAL"]  # that of users
        publish_all(world)
        add_run(world)
        verify = [sys.executable, "-m", "invoke", "--echo", "verify.all"]
        ended = world.run(*verify, at=PROJECT)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        programs = Counter(re.findall(r"(?m)^\W*(gh|git|helm) ", ended.stderr))
        assert programs["helm"] == len(NAMES)  # none looks for a cluster that is not there
        assert 0 < programs["git"] + programs["gh"] < MOST_OTHERS

        ratios = []
        for _ in range(ROUNDS):
            shown = seconds(world, show_all(world))
            ratios.append(seconds(world, verify) / shown)
    # Other tests run beside this one, so that the time itself proves nothing here.
    summary = f"100 charts: verify.all takes {min(ratios):.2f} x the time of helm show"
    record_property("summary", summary)

"""The measurements: they measure what they say, and stop where a command fails."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest

from tasks.sandbox.world import World

from ..conftest import FOLDERS, PROJECT
from . import table
from .__main__ import NAMES, read_options
from .parts import PARTS, Bench, Figure
from .runs import RECIPES, Run, Runs, UnexpectedEnd, by_turns, run_program, run_recipes, run_typed
from .scenes import login_of

ONCE = Bench(1, [0.0], FOLDERS)


def test_the_sides_are_measured_by_turns_and_the_median_counts() -> None:
    measured: list[str] = []

    def take(name: str) -> Run:
        measured.append(name)
        return Run(float(len(measured)))

    first, second = by_turns(3, [partial(take, "first"), partial(take, "second")])
    assert measured == ["first", "second", "second", "first", "first", "second"]
    assert (first.seconds, second.seconds) == (4.0, 3.0)


def test_the_requests_and_their_latency_are_in_what_is_measured(world: World) -> None:
    typed = run_typed(["gh run list"], world, login_of(world), 0.2)
    assert typed.github >= 1
    assert typed.seconds > 0.2 * typed.github
    assert world.github.server.latency == world.registry.server.latency == 0


def test_a_command_that_fails_is_not_measured(world: World) -> None:
    with pytest.raises(UnexpectedEnd, match="needs a value"):
        run_recipes("recover --pr", world, 0.0)
    assert run_recipes("recover --pr", world, 0.0, codes=[2]).seconds > 0


@pytest.mark.parametrize("option", ["--only=none", "--rounds=0", "--latency=fast"])
def test_a_wrong_option_is_refused_like_one_of_a_recipe(world: World, option: str) -> None:
    run_program([*RECIPES, "bench", option], world.env, PROJECT, codes=[2])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system has no /proc")
def test_the_peak_is_that_of_the_program_alone() -> None:
    grow = "data = b'x' * 2**26; import time; time.sleep(0.1)"
    start = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grow!r}])"
    peaks = []
    for script in (grow, start):
        argv = [sys.executable, "-c", script]
        peaks.append(run_program(argv, {}, PROJECT).peak)
    assert peaks[0] > 64 > peaks[1] > 1


def test_a_figure_is_met_if_its_value_and_its_memory_are() -> None:
    def figure(value: float, peak: float) -> Figure:
        runs = Runs([Run(1.0, peak=peak)])
        return Figure("the chain", 0.15, runs, runs, "itself", value, 1.0)

    assert figure(1.0, 80).is_met
    assert not figure(1.01, 80).is_met
    assert not figure(1.0, 81).is_met


def test_the_list_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (figure,) = PARTS["list"](ONCE)
    assert 0 < figure.other.seconds < 60
    assert 0 < figure.ours.seconds < 60
    assert figure.value == figure.ours.seconds / figure.other.seconds
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{table.BEGIN}old\n{table.END}after\n")
    monkeypatch.setattr(table, "PAGE", page)
    table.write_table([figure], 1)
    table.print_table([figure], 1)
    assert f"{figure.value:.2f} x" in capsys.readouterr().out
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert f"| --list | 0 ms | {figure.ours.seconds:.2f} s | " in text
    assert "old" not in text


@pytest.mark.thorough
@pytest.mark.parametrize("part", [name for name in NAMES if name != "list"])
def test_each_part_is_measured(part: str) -> None:
    figures = list(PARTS[part](Bench(1, [0.05], FOLDERS)))
    assert figures
    for figure in figures:
        assert figure.ours.seconds > 0
        assert {figure.ours.requests, figure.other.requests} != {"0 + 0"}


def test_the_parts_can_be_named_and_others_are_refused() -> None:
    assert list(PARTS) == list(NAMES)
    assert read_options(["--only=chain,list"]).parts == ["chain", "list"]
    for wrong in ("--only=chains", "--rounds=0", "--latency=-1", "--write --only=list"):
        with pytest.raises(SystemExit):
            read_options(wrong.split())

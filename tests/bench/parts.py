"""The parts that are measured, each with its goal."""

from __future__ import annotations

import math
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tasks.sandbox.environment import isolated_environment
from tasks.sandbox.world import World

from .runs import PROJECT, RECIPES, Run, Runs, by_turns, run_program, run_recipes, run_typed
from .scenes import CHAIN, RECOVER, broken_world, login_of, recovered_world, runbook_commands
from .traces import read_bars

CHECKS = ("workflow", "chart", "install", "path", "references")
LOOKS = ("when.check", "doctor")
FOUND = (0, 1)  # exit codes of a check that could look
ONE_TASK = """\
from invoke import task

@task
def only(context):
    \"\"\"Do nothing.\"\"\"
"""
AT_ONCE = 0.0  # seconds that a request takes
HIGHEST_PEAK = 80  # MiB


@dataclass(frozen=True)
class Figure:
    """One line of the table: `value`, at most `goal` if that is finite, of `ours` beside `other`.

    `latency` is seconds a request. `form` shows the value, and `beside` says what `other` is.
    """

    name: str
    latency: float
    ours: Runs
    other: Runs
    beside: str
    value: float
    goal: float
    form: str = "{:.2f} x"

    @property
    def is_met(self) -> bool:
        """Whether the goal is met, that of the memory included."""
        return self.value <= self.goal and self.ours.peak <= HIGHEST_PEAK


@dataclass(frozen=True)
class Bench:
    """How it is measured: rounds, the seconds that requests take, folders of programs."""

    rounds: int
    latencies: Sequence[float]
    programs: Sequence[Path]

    @property
    def slowest(self) -> float:
        """The longest time that requests take."""
        return max(self.latencies)


def _ratio(name: str, latency: float, pair: Sequence[Runs], beside: str, goal: float) -> Figure:
    ours, other = pair
    return Figure(name, latency, ours, other, beside, ours.seconds / other.seconds, goal)


def _beside_runbook(line: str, name: str, bench: Bench) -> Iterator[Figure]:
    """Yield how long a line takes beside the commands of the runbook, in new sandboxes each."""

    def ours(latency: float) -> Run:
        with broken_world(bench.programs) as world:
            return run_recipes(line, world, latency)

    def typed(latency: float) -> Run:
        with broken_world(bench.programs) as world:
            return run_typed(runbook_commands(world), world, login_of(world), latency)

    for latency in bench.latencies:
        sides = [partial(ours, latency), partial(typed, latency)]
        pair = by_turns(bench.rounds, sides)
        goal = math.inf
        if line == CHAIN:
            goal = 1.0 if latency else 2.0
        yield _ratio(name, latency, pair, "the runbook's commands, typed", goal)


def _verification(bench: Bench) -> Iterator[Figure]:
    """Yield how long `verify.all` takes beside the slowest of its checks alone."""
    lines = ["verify.all", *(f"verify.{check}" for check in CHECKS)]
    with recovered_world(bench.programs) as world:
        for latency in bench.latencies:
            sides = []
            for line in lines:
                sides.append(partial(run_recipes, line, world, latency, FOUND))
            whole, *alone = by_turns(bench.rounds, sides)
            slowest = max(alone, key=lambda runs: runs.seconds)
            name = lines[1 + alone.index(slowest)]
            beside = f"{name}, the slowest check"
            yield _ratio("verify.all", latency, [whole, slowest], beside, 1.15)


def _depths(bench: Bench) -> Iterator[Figure]:
    """Yield how many requests come one after the other in the tasks that look."""
    latency = bench.slowest
    if not latency:
        return

    def look(line: str, seconds: float) -> Run:
        with broken_world(bench.programs) as world:
            return run_recipes(line, world, seconds, FOUND)

    for line in LOOKS:
        sides = [partial(look, line, latency), partial(look, line, AT_ONCE)]
        slow, fast = by_turns(bench.rounds, sides)
        depth = (slow.seconds - fast.seconds) / latency
        form = "{:.1f} round trips deep"
        yield Figure(line, latency, slow, fast, "itself at 0 ms", depth, 8, form)


def _listing(bench: Bench) -> Iterator[Figure]:
    """Yield how long `--list` takes beside that of Invoke alone."""
    with tempfile.TemporaryDirectory() as folder:
        env = isolated_environment(Path(folder), bench.programs)
        Path(folder, "tasks.py").write_text(ONE_TASK, encoding="utf-8")
        bare = [sys.executable, "-P", "-m", "invoke", "--list"]
        pair = by_turns(
            4 * bench.rounds,  # they are short
            [
                partial(run_program, [*RECIPES, "--list"], env, PROJECT),
                partial(run_program, bare, env, Path(folder)),
            ],
        )
        yield _ratio("--list", AT_ONCE, pair, "`invoke --list` of one task", 1.15)


def _journal(bench: Bench) -> Iterator[Figure]:
    """Yield which share of the chain goes into writing the journal, as traces tell it."""
    for latency in bench.latencies:
        chains, writes = [], []
        for _ in range(bench.rounds):
            with broken_world(bench.programs) as world:
                chain, written = _traced_chain(world, latency)
            chains.append(chain)
            writes.append(written)
        whole, journal = Runs(chains), Runs(writes)
        share = statistics.median(
            100 * written.seconds / chain.seconds
            for written, chain in zip(writes, chains, strict=True)
        )
        yield Figure("journal", latency, journal, whole, "the chain", share, 2, "{:.2f} %")


def _traced_chain(world: World, latency: float) -> tuple[Run, Run]:
    """Return what the chain took, and what its journal took of it."""
    file = world.folder / "trace.svg"
    chain = run_recipes(f"{CHAIN} --trace {file}", world, latency)
    seconds = 0.0
    for bar in read_bars(file):
        if bar.kind == "journal":
            seconds += bar.end - bar.start
    return chain, Run(seconds, peak=chain.peak)


PARTS: Mapping[str, Callable[[Bench], Iterator[Figure]]] = {
    "chain": partial(_beside_runbook, CHAIN, "the chain"),
    "recover": partial(_beside_runbook, RECOVER, RECOVER),
    "verify": _verification,
    "looks": _depths,
    "list": _listing,
    "journal": _journal,
}

"""Run commands in a sandbox, and measure their time, their requests and their memory."""

from __future__ import annotations

import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tasks.sandbox.world import World

PROJECT = Path(__file__).parents[2]
RECIPES = [sys.executable, "-P", str(PROJECT / "tasks" / "__main__.py")]  # as `inv` starts them
POLL = 0.01  # seconds between two looks at the memory of a program
KIBIBYTES_A_MEBIBYTE = 1024


class UnexpectedEnd(Exception):
    """A command ended with another exit code than expected: its time says nothing."""


@dataclass(frozen=True)
class Run:
    """What commands took: seconds, requests to GitHub and to the registry, MiB at their peak.

    Where the system does not say the peak, it is 0.
    """

    seconds: float
    github: int = 0
    registry: int = 0
    peak: float = 0.0


@dataclass(frozen=True)
class Runs:
    """The same measured several times; each figure is the median."""

    runs: Sequence[Run]

    @property
    def seconds(self) -> float:
        """The median of the times."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def requests(self) -> str:
        """The medians of the requests to GitHub and to the registry."""
        github = statistics.median(run.github for run in self.runs)
        registry = statistics.median(run.registry for run in self.runs)
        return f"{github:g} + {registry:g}"

    @property
    def peak(self) -> float:
        """The highest peak of memory."""
        return max(run.peak for run in self.runs)


def by_turns(rounds: int, sides: Sequence[Callable[[], Run]]) -> list[Runs]:
    """Measure each side once a round, and begin every other round with the last side."""
    measured: list[list[Run]] = [[] for _ in sides]
    for number in range(rounds):
        order = list(range(len(sides)))
        if number % 2:
            order.reverse()
        for side in order:
            measured[side].append(sides[side]())
    return [Runs(runs) for runs in measured]


def run_recipes(
    line: str,
    world: World,
    latency: float,
    codes: Sequence[int] = (0,),
) -> Run:
    """Type a line of recipes in a sandbox whose services take `latency` seconds a request.

    Raises UnexpectedEnd unless it ends with one of the codes.
    """
    argv = [*RECIPES, *shlex.split(line)]
    with _answering_after(latency, world):
        return _measured(world, lambda: run_program(argv, world.env, PROJECT, codes).peak)


def run_typed(
    commands: Sequence[str],
    world: World,
    env: Mapping[str, str],
    latency: float,
) -> Run:
    """Type commands in a shell one after the other, whatever they end with."""

    def type_all() -> float:
        for command in commands:
            subprocess.run(
                ["sh", "-c", command],
                cwd=world.clone,
                env={**world.env, **env},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
        return 0.0

    with _answering_after(latency, world):
        return _measured(world, type_all)


def _measured(world: World, act: Callable[[], float]) -> Run:
    """Measure a function that returns the peak of memory."""
    github = len(world.github.requests)
    registry = len(world.registry.requests)
    start = time.monotonic()
    peak = act()
    return Run(
        time.monotonic() - start,
        len(world.github.requests) - github,
        len(world.registry.requests) - registry,
        peak,
    )


@contextmanager
def _answering_after(latency: float, world: World) -> Iterator[None]:
    """Let each answer of the sandbox's services take so many seconds while the block runs."""
    servers = (world.github.server, world.registry.server)
    for server in servers:
        server.latency = latency
    try:
        yield
    finally:
        for server in servers:
            server.latency = 0.0


def run_program(
    argv: Sequence[str],
    env: Mapping[str, str],
    folder: Path,
    codes: Sequence[int] = (0,),
) -> Run:
    """Run a program, and return its time and its own peak, without that of what it starts.

    Raises UnexpectedEnd unless it ends with one of the codes.
    """
    with tempfile.TemporaryFile("w+") as errors:
        start = time.monotonic()
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        peaks = [0.0]
        watching = threading.Thread(target=_watch_memory, args=(process, peaks))
        watching.start()
        code = process.wait()
        seconds = time.monotonic() - start
        watching.join()
        if code not in codes:
            errors.seek(0)
            raise UnexpectedEnd(f"{shlex.join(argv)} ended with {code}:\n{errors.read()}")
    return Run(seconds, peak=max(peaks))


def _watch_memory(process: subprocess.Popen[bytes], peaks: list[float]) -> None:
    """Append the peak of a program's memory until it ends.

    `wait4` would tell that of the largest program that it started, or of the one that started it.
    """
    status = Path(f"/proc/{process.pid}/status")
    while process.returncode is None:
        try:
            found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8"))
        except OSError:  # it has ended, or this system has no /proc
            return
        if found:
            peaks.append(int(found[1]) / KIBIBYTES_A_MEBIBYTE)
        time.sleep(POLL)

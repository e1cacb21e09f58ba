"""The chain, killed at every point: the same command again ends as if nothing had happened.

Nothing in the recipes helps with it. Wrappers of git, gh and helm count the programs that start,
wrappers of the sandbox's servers the requests, and a watcher the lines of the journal. At the n-th
of them the recipes' process gets its signal.
"""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tasks.sandbox.server import Reply, Request, Server
from tasks.sandbox.world import CHART, PUSH_TO, World
from tasks.toolkit.clients.helm.chart import archive_contents

from .conftest import FOLDERS, PROJECT
from .preloaded import preloaded_invoke
from .scenes import Scenes

EVERY_SIGNAL = "EVERY_SIGNAL" in os.environ
NOT_REACHED = "ended before this point"
CHAIN = ["rollback.revert", "--pr=42", "--merge", "publish.all"]
if EVERY_SIGNAL:
    CHAIN.append("verify.all")  # it changes nothing
PUBLISHED = f"{PUSH_TO}/threek8s"
SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
# Programs start at the same time: each counts itself in the length of a file, and takes a number
# that no other has. What is started before the kill outlives who started it.
WRAPPER = """#!/bin/sh
printf x >> {folder}/starts
n=$(wc -c < {folder}/starts | tr -d ' ')
while ! mkdir {folder}/start-$n 2>/dev/null; do n=$((n - 1)); done
if [ "$n" -eq "${{KILL_BEFORE:-0}}" ]; then kill -"$KILL_WITH" "$(cat {folder}/pid)"; exit 1; fi
if [ "$n" -eq "${{KILL_AFTER:-0}}" ]; then
    {program} "$@" <&0 &
    kill -"$KILL_WITH" "$(cat {folder}/pid)"
    wait $!
    exit $?
fi
exec {program} "$@"
"""


class Point(NamedTuple):
    """Where the chain is cut: at the `nth` start, github or registry request, or journal line."""

    kind: str
    nth: int
    after: bool
    signal: signal.Signals


@dataclass
class Killer:
    """Send a signal to the process in the file `pid`, at the `nth` call."""

    pid: Path
    nth: int
    signal: signal.Signals
    calls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> None:
        with self.lock:
            self.calls += 1
            if self.calls == self.nth:
                with suppress(ProcessLookupError, FileNotFoundError):
                    os.kill(int(self.pid.read_text()), self.signal)

    def count_requests(self, server: Server, after: bool) -> None:
        """Count the requests of a server, before or after they are served."""
        answer = server.answer

        def counted(request: Request) -> Reply:
            if not after:
                self()
            reply = answer(request)
            if after:
                self()
            return reply

        server.answer = counted

    def count_lines(self, state: Path, over: threading.Event) -> None:
        """Count the lines of the journal as they appear, until `over`."""
        while not over.is_set() and self.calls < self.nth:
            for _ in range(self.calls, journal_lines(state)):
                self()
            time.sleep(0.001)


def journal_lines(state: Path) -> int:
    return sum(file.read_bytes().count(b"\n") for file in state.glob("*/journal.jsonl"))


def merge_change(world: World) -> None:
    change = {f"{CHART}/values.yaml": ("replicas: 1", "replicas: 2")}
    world.merge_pull("two", "feat: two", change, 42)


_of_thread = threading.local()


@contextmanager
def set_stage() -> Iterator[Stage]:
    """Give a stage in a new world; those of a thread take turns on one port."""
    if not hasattr(_of_thread, "scenes"):
        _of_thread.scenes = Scenes()
    scenes: Scenes = _of_thread.scenes
    with scenes.new_world(FOLDERS) as world:
        yield Stage(world, scenes)


class Stage:
    """A world with PR #42 merged, in which the chain is typed."""

    def __init__(self, world: World, scenes: Scenes) -> None:
        scenes.happen(world, merge_change)
        self.world = world
        self.state = world.clone / ".rollback"
        self.folder = world.folder / "counted"
        self.pid = self.folder / "pid"
        self.temporary = world.folder / "tmp"
        self.folder.mkdir()
        self.temporary.mkdir()
        for name in ("git", "gh", "helm"):
            self._wrap(name)

    def _wrap(self, name: str) -> None:
        found = self.world.run("sh", "-c", f"command -v {name}").stdout.strip()
        wrapper = self.folder / name
        wrapper.write_text(WRAPPER.format(folder=self.folder, program=shlex.quote(found)))
        wrapper.chmod(0o755)

    def type_chain(self, wrapped: bool, **env: str) -> subprocess.CompletedProcess[str]:
        """Type the chain; its programs are counted if `wrapped`."""
        path = self.world.env["PATH"]
        if wrapped:
            path = f"{self.folder}:{path}"
        environ = {**self.world.env, "PATH": path, "TMPDIR": str(self.temporary), **env}
        return preloaded_invoke().run(CHAIN, PROJECT, environ, self.pid)

    def starts(self) -> int:
        return (self.folder / "starts").stat().st_size

    def outcome(self) -> object:
        """Return what must be the same as after a clean run: no times, and no hashes of them."""
        world = self.world
        remote = partial(world.git, at=world.remote)
        pulls = world.github.pulls.values()
        return {
            "log": remote("log", "--topo-order", "--format=%s", "main").splitlines(),
            "values": remote("show", f"main:{CHART}/values.yaml"),
            "branches": remote("for-each-ref", "--format=%(refname)", "refs/heads").splitlines(),
            "tags": remote("for-each-ref", "--format=%(refname)", "refs/tags").splitlines(),
            "charts": {tag: self._chart(tag) for tag in world.registry.tags(PUBLISHED)},
            "pulls": [(pull.number, pull.title, pull.state, pull.head) for pull in pulls],
            "issues": list(world.github.issues),
        }

    def _chart(self, tag: str) -> dict[str, str]:
        registry = self.world.registry
        layer = json.loads(registry.manifest(PUBLISHED, tag))["layers"][0]["digest"]
        return archive_contents(registry.blob(layer))

    def left_behind(self) -> list[str]:
        """Return what should be gone: worktrees, registry configs, temporary files, a held lock."""
        found = self.world.git("worktree", "list").splitlines()[1:]
        found += [str(file) for file in self.world.folder.rglob("registry.json")]
        found += [str(file) for file in self.temporary.glob("rollback-*/*")]
        with (self.state / "lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                found.append("the lock")
        return found


def run_clean() -> tuple[object, dict[str, int]]:
    """Return the outcome of a run that nothing cuts, and how many points of each kind it has."""
    with set_stage() as stage:
        world = stage.world
        github = Killer(stage.pid, 0, signal.SIGKILL)
        registry = Killer(stage.pid, 0, signal.SIGKILL)
        github.count_requests(world.github.server, after=False)
        registry.count_requests(world.registry.server, after=False)
        done = stage.type_chain(wrapped=True)
        assert done.returncode == 0, done.stderr
        counts = {
            "start": stage.starts(),
            "github": github.calls,
            "registry": registry.calls,
            "journal": journal_lines(stage.state),
        }
        return stage.outcome(), counts


def cut(point: Point, expected: object) -> str:
    """Cut the chain at a point, type it again, and return what is wrong then, if anything.

    Waits ask more or less often, so the last points may be past the end of a run: NOT_REACHED.
    """
    with set_stage() as stage:
        killer = Killer(stage.pid, point.nth, point.signal)
        over = threading.Event()
        env = {}
        if point.kind == "start":
            when = "KILL_AFTER" if point.after else "KILL_BEFORE"
            env = {when: str(point.nth), "KILL_WITH": str(int(point.signal))}
        elif point.kind == "journal":
            count = partial(killer.count_lines, stage.state, over)
            threading.Thread(target=count, daemon=True).start()
        else:
            killer.count_requests(getattr(stage.world, point.kind).server, point.after)
        first = stage.type_chain(wrapped=point.kind == "start", **env)
        over.set()
        if first.returncode == 0 and point.kind != "journal":
            reached = stage.starts() if point.kind == "start" else killer.calls
            return NOT_REACHED if reached < point.nth else f"was not cut\n{first.stderr}"
        again = stage.type_chain(wrapped=False)
        output = f"{first.returncode}\n{first.stderr}\n{again.returncode}\n{again.stderr}"
        if again.returncode or "Traceback" in output:
            return output
        if stage.outcome() != expected:
            return f"{stage.outcome()}\n{output}"
        return " ".join(stage.left_behind())


def is_tried(point: Point) -> bool:
    """Return whether CI tries a point; all of them, with EVERY_SIGNAL, take five times as long.

    A kill before a request or a program leaves what a kill after the one before it leaves, so only
    the first is tried. The signals that can be handled come now and then.
    """
    if EVERY_SIGNAL:
        return True
    if point.signal is signal.SIGKILL:
        return point.after or point.nth == 1 or point.kind == "journal"
    turn = signal.SIGINT if point.nth % 12 == 0 else signal.SIGTERM
    return (point.after or point.kind == "journal") and point.nth % 6 == 0 and point.signal is turn


def test_cut_at_any_point_by_any_signal_the_same_command_again_ends_as_a_clean_run(
    exhaustive: bool, record_property: Callable[[str, object], None]
) -> None:
    expected, counts = run_clean()
    points = [
        Point(kind, nth, after, number)
        for kind, count in counts.items()
        for nth in range(1, count + 1)
        for after in ((False,) if kind == "journal" else (False, True))
        for number in SIGNALS
    ]
    points = [point for point in points if is_tried(point)]
    tried = points if exhaustive else points[:: len(points) // 2 + 1]
    started = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # other tests run, too
        faults = list(pool.map(lambda point: cut(point, expected), tried))
    seconds = time.monotonic() - started
    not_reached = faults.count(NOT_REACHED)
    summary = (
        f"{len(tried)} of {len(points)} points tried ({counts}), "
        f"{faults.count('')} ended as a clean run, {not_reached} came after the end"
    )
    record_property("summary", f"crash suite: {summary}, {seconds:.0f} s")
    outcomes = zip(tried, faults, strict=True)
    wrong = [f"{point}: {fault}" for point, fault in outcomes if fault not in ("", NOT_REACHED)]
    assert not wrong, "\n\n".join(wrong[:5])
    assert not_reached <= len(tried) // 20 + 1

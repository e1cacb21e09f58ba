"""Every fault at every request of a push and an alias: done, not done, or said what is there; the same command again completes it."""

from __future__ import annotations

import itertools
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import Queue

from tasks.sandbox.registry import Registry
from tasks.sandbox.server import Reply, Request, Server
from tasks.sandbox.store import Store
from tasks.sandbox.world import CHART, PUSH_TO, World

from .conftest import FOLDERS, PROJECT

LINE = "invoke publish.login publish.push --archive {archive} publish.alias"
PUBLISHED = f"{PUSH_TO}/threek8s"
STATUSES = (401, 403, 404, 409, 413, 429, 500, 502, 503)
FAULTS = (*map(str, STATUSES), "refused", "reset", "hanging", "corrupt")


class Trial:
    """A world whose registry is new for each case, and whose n-th request from now on goes wrong in a way."""

    def __init__(self) -> None:
        self.world, self.deaf = World(FOLDERS).__enter__(), False
        self.temporary = self.world.folder / "tmp"
        self.temporary.mkdir()
        packaged = self.world.run("helm", "package", CHART, "--destination", str(self.world.folder))
        assert packaged.returncode == 0
        self.line = LINE.format(archive=self.world.folder / "threek8s-1.6.0.tgz")

    def renew(self) -> Registry:
        """Empty the registry."""
        registry = self.world.registry
        Store.__init__(registry)
        registry.requests.clear()
        return registry

    def listen(self) -> None:
        """Let the registry answer as it should, and listen again if it does not any more."""
        registry = self.world.registry
        if self.deaf:
            registry.server.stop()
            registry.server, self.deaf = (
                Server(registry._answer, port=int(registry.host.rpartition(":")[2])),
                False,
            )
            registry.server.start()
        registry.server.answer = registry._answer

    def type(self, **env: str) -> tuple[int, str]:
        """Type the line, and return how it ended and what it said."""
        told = {
            "CHART_REF": f"oci://{self.world.registry.host}/{PUSH_TO}",
            "TMPDIR": str(self.temporary),
            **env,
        }
        done = self.world.run("sh", "-c", self.line, at=PROJECT, env=told)
        return done.returncode, done.stderr

    def tags(self) -> dict[str, Mapping[str, str]]:
        return {name: tags for name, tags in self.world.registry.snapshot().items() if tags}

    def case(self, nth: int, fault: str) -> tuple[str, str]:
        """Let the n-th request go wrong, type the line, and type it again; return how that ended, and what is wrong, if anything."""
        registry, over = self.renew(), threading.Event()
        registry.server.answer = _faulty(registry, nth, fault, over)
        code, said = self.type(COMMAND_TIMEOUT="3")
        over.set()
        there = self.tags()
        whole = there.keys() == {PUBLISHED, PUSH_TO} and there[PUBLISHED] == there[PUSH_TO]
        held = {digest for tags in there.values() for digest in tags.values()}
        outcome = (
            "done"
            if code == 0
            else "not done, and nothing changed"
            if not there
            else "unknown, looked, and said what is there"
        )
        wrong = [
            "a traceback" * ("Traceback" in said),
            "done, but not whole" * (code == 0 and not whole),
            "no single line that says why" * (code != 0 and said.count("✗") != 1),
            "silent about what is there"
            * (
                code != 0
                and not all(digest in said or "could not be looked at" in said for digest in held)
            ),
        ]
        self.deaf = fault == "refused"
        self.listen()
        again, told = self.type()
        there = self.tags()
        wrong += [
            f"not completed: {told}"
            * (
                again != 0
                or there.keys() != {PUBLISHED, PUSH_TO}
                or there[PUBLISHED] != there[PUSH_TO]
            ),
            "left behind"
            * bool(
                [*self.temporary.glob("rollback-*/*"), *self.world.folder.rglob("registry.json")]
            ),
            "a tag too many" * any(list(tags) != ["1.6.0"] for tags in there.values()),
        ]
        return outcome, "; ".join(
            filter(None, wrong)
        ) and f"{'; '.join(filter(None, wrong))}\n{said}"


def _faulty(
    registry: Registry, nth: int, fault: str, over: threading.Event
) -> Callable[[Request], Reply]:
    count, answer = itertools.count(1), registry._answer

    def faulty(request: Request) -> Reply:
        if next(count) != nth:
            return answer(request)
        if fault.isdecimal():
            body = {"errors": [{"code": "INJECTED", "message": f"injected {fault}"}]}
            return Reply(int(fault), body, {"Retry-After": "1"} if fault == "429" else {})
        if fault == "hanging":
            over.wait(20)
        if fault == "refused":
            registry.server.stop()
            raise ConnectionResetError
        reply = answer(request)
        if fault == "reset":
            raise ConnectionResetError
        return Reply(
            reply.status,
            bytes(reply.body)[:-1] + b"?" if isinstance(reply.body, bytes) else b"?",
            reply.headers,
        )

    return faulty


def requests() -> dict[str, int]:
    """Return the requests of a push and an alias, each kind with the number of its first."""
    trial = Trial()
    trial.renew()
    assert trial.type()[0] == 0
    found = dict[str, int]()
    for number, (method, path) in enumerate(trial.world.registry.requests, 1):
        found.setdefault(f"{method} {re.sub('sha256:[0-9a-f]+|[0-9a-f]{32}', '*', path)}", number)
    trial.world.__exit__(None, None, None)
    return found


def test_every_fault_at_every_request_is_survived_and_the_same_command_again_completes_it(
    exhaustive: bool, record_property: Callable[[str, object], None]
) -> None:
    kinds = requests()
    cases = list(itertools.product(kinds.values(), FAULTS))
    tried = cases if exhaustive else cases[:: len(cases) // 2]
    trials, begun = Queue[Trial](), time.monotonic()
    workers = 3 * (
        os.cpu_count() or 1
    )  # most of them wait: for a time limit, or for helm to try again
    for _ in range(workers):
        trials.put(Trial())

    def one(case: tuple[int, str]) -> tuple[str, str]:
        trial = trials.get()
        try:
            return trial.case(*case)
        finally:
            trials.put(trial)

    with ThreadPoolExecutor(workers) as pool:
        ended = list(pool.map(one, tried))
    while not trials.empty():
        trials.get().world.__exit__(None, None, None)
    outcomes = [outcome for outcome, _ in ended]
    counts = ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in sorted(set(outcomes)))
    told = f"{len(tried)} of {len(cases)} cases tried ({len(kinds)} requests, {len(FAULTS)} faults), {time.monotonic() - begun:.0f} s"
    record_property("told", f"faults: {told}: {counts}")
    wrong = [(case, what) for case, (_, what) in zip(tried, ended, strict=True) if what]
    assert not wrong, f"{len(wrong)} wrong\n" + "\n\n".join(
        f"{case}: {what}" for case, what in wrong[:12]
    )

"""Every fault at every request of a push and an alias.

The line is done, or not done, or says what is there; the same command again completes it.
"""

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
from tasks.sandbox.world import CHART, PUSH_TO, World

from .conftest import FOLDERS, PROJECT
from .preloaded import preloaded_invoke

LINE = "publish.login publish.push --archive {archive} publish.alias"
PUBLISHED = f"{PUSH_TO}/threek8s"
STATUSES = (401, 403, 404, 409, 413, 429, 500, 502, 503)
FAULTS = (*map(str, STATUSES), "refused", "reset", "hanging", "corrupt")
UNREAD = "is unknown"  # what a line says when it cannot tell what is there

Tags = dict[str, Mapping[str, str]]


class FaultyWorld:
    """A world whose registry is emptied for each case, and one of whose requests goes wrong."""

    def __init__(self) -> None:
        self.world = World(FOLDERS).__enter__()
        self.temporary = self.world.folder / "tmp"
        self.temporary.mkdir()
        packaged = self.world.run("helm", "package", CHART, "--destination", str(self.world.folder))
        assert packaged.returncode == 0
        self.line = LINE.format(archive=self.world.folder / "threek8s-1.6.0.tgz")

    def close(self) -> None:
        self.world.__exit__(None, None, None)

    def empty_registry(self) -> Registry:
        registry = self.world.registry
        registry.repositories.clear()
        registry.requests.clear()
        return registry

    def restart_registry(self) -> None:
        """Let the registry listen again, on the same port."""
        registry = self.world.registry
        registry.server = Server(registry.answer, port=registry.server.port)
        registry.server.start()

    def type_line(self, **env: str) -> tuple[int, str]:
        """Type the line; return its exit code and stderr."""
        reference = f"oci://{self.world.registry.host}/{PUSH_TO}"
        own = {
            "CHART_REF": reference,
            "TMPDIR": str(self.temporary),
            "POLL_INTERVAL": "0.05",
        }
        environ = {**self.world.env, **own, **env}
        done = preloaded_invoke().run(self.line.split(), PROJECT, environ)
        return done.returncode, done.stderr

    def tags(self) -> Tags:
        return {name: tags for name, tags in self.world.registry.snapshot().items() if tags}

    def left_behind(self) -> bool:
        leftovers = itertools.chain(
            self.temporary.glob("rollback-*/*"), self.world.folder.rglob("registry.json")
        )
        return any(leftovers)

    def run_case(self, nth: int, fault: str) -> tuple[str, str]:
        """Let the n-th request go wrong, type the line, and again if it was not done.

        Return how the first line ended, and what is wrong, if anything.
        """
        registry = self.empty_registry()
        over = threading.Event()
        registry.server.answer = faulty(registry, nth, fault, over)
        code, output = self.type_line(COMMAND_TIMEOUT="3")
        over.set()
        tags = self.tags()
        wrong = judge_first(code, output, tags)
        if fault == "refused":
            self.restart_registry()
        registry.server.answer = registry.answer
        if code:
            again, second_output = self.type_line()
            if again != 0 or not is_complete(self.tags()):
                wrong.append(f"not completed: {second_output}")
        if any(list(there) != ["1.6.0"] for there in self.tags().values()):
            wrong.append("a tag too many")
        if self.left_behind():
            wrong.append("files were left behind")
        if wrong:
            wrong.append(output)
        return describe(code, tags), "\n".join(wrong)


def is_complete(tags: Tags) -> bool:
    return tags.keys() == {PUBLISHED, PUSH_TO} and tags[PUBLISHED] == tags[PUSH_TO]


def describe(code: int, tags: Tags) -> str:
    if code == 0:
        return "done"
    return "not done, and said what is there" if tags else "not done, and nothing changed"


def judge_first(code: int, output: str, tags: Tags) -> list[str]:
    """Return what is wrong with how the line ended."""
    wrong = []
    if "Traceback" in output:
        wrong.append("a traceback")
    if code == 0:
        if not is_complete(tags):
            wrong.append("done, but not complete")
        return wrong
    if output.count("✗") != 1:
        wrong.append("no single line that says why")
    digests = {digest for there in tags.values() for digest in there.values()}
    if not all(digest in output for digest in digests) and UNREAD not in output:
        wrong.append("silent about what is there")
    return wrong


def faulty(
    registry: Registry, nth: int, fault: str, over: threading.Event
) -> Callable[[Request], Reply]:
    """Return the registry's answers, of which the n-th is `fault`."""
    count = itertools.count(1)

    def answer(request: Request) -> Reply:
        if next(count) != nth:
            return registry.answer(request)
        if fault.isdecimal():
            body = {"errors": [{"code": "INJECTED", "message": f"injected {fault}"}]}
            headers = {"Retry-After": "1"} if fault == "429" else {}
            return Reply(int(fault), body, headers)
        if fault == "hanging":
            over.wait(20)
        if fault == "refused":
            registry.server.stop()
            raise ConnectionResetError
        reply = registry.answer(request)
        if fault == "reset":
            raise ConnectionResetError
        content = reply.body if isinstance(reply.body, bytes) else b""
        return Reply(reply.status, content[:-1] + b"?", reply.headers)

    return answer


def first_of_each_request() -> dict[str, int]:
    """Return the kinds of requests of a push and an alias, each with the number of its first."""
    world = FaultyWorld()
    registry = world.empty_registry()
    code, output = world.type_line()
    assert code == 0, output
    first: dict[str, int] = {}
    for number, (method, path) in enumerate(registry.requests, 1):
        kind = re.sub("sha256:[0-9a-f]+|[0-9a-f]{32}", "*", path)
        first.setdefault(f"{method} {kind}", number)
    world.close()
    return first


def test_every_fault_at_every_request_is_survived_and_the_same_command_again_completes_it(
    exhaustive: bool, record_property: Callable[[str, object], None]
) -> None:
    kinds = first_of_each_request()
    cases = list(itertools.product(kinds.values(), FAULTS))
    tried = cases if exhaustive else cases[:: len(cases) // 2]
    started = time.monotonic()
    worlds = Queue[FaultyWorld]()
    workers = min(len(tried), 2 * (os.cpu_count() or 1))  # most wait: for a limit, or for helm
    for _ in range(workers):
        worlds.put(FaultyWorld())

    def run_case(case: tuple[int, str]) -> tuple[str, str]:
        world = worlds.get()
        try:
            return world.run_case(*case)
        finally:
            worlds.put(world)

    with ThreadPoolExecutor(workers) as pool:
        results = list(pool.map(run_case, tried))
    while not worlds.empty():
        worlds.get().close()
    endings = [ending for ending, _ in results]
    counts = ", ".join(f"{endings.count(ending)} {ending}" for ending in sorted(set(endings)))
    cases_tried = f"{len(tried)} of {len(cases)} cases tried"
    kinds_tried = f"{len(kinds)} requests, {len(FAULTS)} faults"
    seconds = time.monotonic() - started
    summary = f"faults: {cases_tried} ({kinds_tried}), {seconds:.0f} s: {counts}"
    record_property("summary", summary)
    wrong = [f"{case}: {fault}" for case, (_, fault) in zip(tried, results, strict=True) if fault]
    assert not wrong, "\n\n".join(wrong[:5])

"""What the tests share: sandboxes, and a person who types commands in one."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

os.environ.pop("INVOKED_AS", None)  # set by the wrapper that runs the tests
os.environ["ENV_FILE"] = os.devnull  # the settings of whoever runs them do not count

from tasks import ns  # noqa: F401 - the tests find the sections in `tasks`
from tasks.sandbox import programs

ACTIONS = ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")
for variable in ("CI", "NO_COLOR", "FORCE_COLOR", *ACTIONS):  # the tests choose what is shown
    os.environ.pop(variable, None)
FOLDERS = programs.install_missing(print)

from tasks.sandbox.github.records import Execution  # noqa: E402
from tasks.sandbox.github.runs import Run  # noqa: E402
from tasks.sandbox.scenarios import SCENARIOS  # noqa: E402 - needs graphql-core
from tasks.sandbox.world import WORKFLOW, World  # noqa: E402
from tasks.sandbox.worlds import ChartsWorld, PodinfoWorld  # noqa: E402
from tasks.toolkit.console.output import take_notes  # noqa: E402
from tasks.toolkit.console.signals import shutting_down  # noqa: E402

from .docker_registry import DockerRegistry  # noqa: E402
from .documents import check_documents  # noqa: E402
from .preloaded import preloaded_invoke  # noqa: E402
from .scenes import happen, new_world  # noqa: E402

PROJECT = Path(__file__).parents[1]
SANDBOXES = ("broken", "podinfo", "charts")  # the fixtures beside `world`
SLOW_TESTS = ("test_cut_at", "test_every_fault", "test_of_two_who", "test_the_token_is")

# A shell ignores these in the background, as does nohup, and all programs would inherit that.
for number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--exhaustive", action="store_true", help="run the exhaustive suites in full, as CI does"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests that use `everywhere` with each helm and registry, if all tests are wanted."""
    if "everywhere" not in metafunc.fixturenames:
        return
    cases: dict[str, tuple[type[DockerRegistry] | None, str]] = {"embedded": (None, "")}
    if metafunc.config.getoption("exhaustive"):
        cases = {f"embedded {helm}": (None, helm) for helm in programs.HELM_WHEELS}
        if metafunc.function.__module__.endswith("publish"):
            cases["docker-registry"] = (DockerRegistry, "")
    metafunc.parametrize("world", cases.values(), ids=cases.keys(), indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave thorough tests to CI, where each of the slow tests begins early, with its own worker.

    Each worker gets an equal share of the tests, in order. A slow one at the very end of a share
    would begin last, so each is put a little after the start of one.
    """
    if not config.getoption("exhaustive"):
        skip = pytest.mark.skip("mostly covered by other tests: run with --all")
        for item in items:
            if item.get_closest_marker("thorough"):
                item.add_marker(skip)
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    slow = [item for item in items if item.name.startswith(SLOW_TESTS)]
    items[:] = [item for item in items if item not in slow]
    share = len(items) // workers
    for number, item in enumerate(slow):
        items.insert(number * share + 2 * len(slow), item)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the property `summary` of each test that has one, and the sum of the fuzz suite."""
    fuzz: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") != "call":
                continue
            properties = dict(report.user_properties)
            fuzz.update(properties.get("fuzz", {}))
            if "summary" in properties:
                terminalreporter.write_line(str(properties["summary"]))
    terminalreporter.write_line(f"fuzz suite: {fuzz['inputs']} inputs, {fuzz['refused']} refused")


class Person:
    """Somebody who types `invoke ...` in a sandbox."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __call__(
        self, line: str, code: int = 0, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Type `invoke` with the words of `line`.

        It must end with `code`, without a traceback, and never show the token. What it prints with
        --json must be as the schema says.
        """
        words = shlex.split(line)
        environ = {**self.world.env, **(env or {})}
        ended = preloaded_invoke().run(words, PROJECT, environ)
        output = ended.stdout + ended.stderr
        assert ended.returncode == code, output
        assert "Traceback" not in output
        assert self.world.token not in output
        if "--json" in words:
            check_documents(words, code, ended.stdout)
        return ended

    def refused(self, line: str, code: int = 2, env: Mapping[str, str] | None = None) -> str:
        """Type what is refused without any change, and return the one line that says so."""
        before = self.world.snapshot()
        lines = self(line, code, env).stderr.splitlines()
        assert self.world.snapshot() == before
        failures = [text for text in lines if "✗" in text]
        assert len(failures) == 1, lines
        return failures[0]


def add_unrelated_runs(world: World, script: str) -> None:
    """Run the workflow on a feature branch and on a test tag, with `script` instead of lint."""
    world.git("switch", "--quiet", "--create", "trial")
    world.commit("ci: a trial", {WORKFLOW: ('run: helm lint "$CHART"', f"run: {script}")})
    world.git("tag", "v999.0.0-test")
    world.git("push", "--quiet", "origin", "trial", "v999.0.0-test")
    world.github.sync()
    world.github.actions.dispatch(WORKFLOW, "trial", {"chart_version": "999.0.0-trial"})
    world.github.settle()
    world.git("switch", "--quiet", "main")


def set_outcome(run: Run, conclusion: str | None, status: str = "completed") -> None:
    """Let a run, its jobs and their steps have another outcome."""
    parts: list[Execution] = [run]
    for job in run.jobs.values():
        parts += [job, *job.steps.values()]
    for part in parts:
        part.conclusion = conclusion
        part.status = status


@pytest.fixture(autouse=True)
def no_shutdown() -> Iterator[None]:
    """Undo a shutdown, and what a dry run does with status lines, for the process's next test."""
    yield
    shutting_down.clear()
    take_notes(None)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Give a sandbox in which nothing has happened but the first commit."""
    registry_type, helm = getattr(request, "param", (None, ""))
    if registry_type and not shutil.which("docker-registry"):
        pytest.skip("docker-registry is not installed (the Debian package of that name)")
    folders = list(FOLDERS)
    if helm:
        folders = programs.install_missing(print, helm) + folders
    registry = registry_type() if registry_type else None
    with new_world(folders, registry) as made:
        yield made


@pytest.fixture
def podinfo() -> Iterator[World]:
    """Give a sandbox in the shape of podinfo."""
    with new_world(FOLDERS, shape=PodinfoWorld) as made:
        yield made


@pytest.fixture
def charts() -> Iterator[ChartsWorld]:
    """Give a sandbox with six charts."""
    with new_world(FOLDERS, shape=ChartsWorld) as made:
        assert isinstance(made, ChartsWorld)
        yield made


@pytest.fixture
def everywhere(world: World) -> World:
    """Give a sandbox with each registry and each helm, if all tests are wanted."""
    return world


@pytest.fixture
def broken() -> Iterator[World]:
    """Give the drill's sandbox: PR #42 moved the registry path, and 1.7.0 is not published."""
    with new_world(FOLDERS) as made:
        happen(made, SCENARIOS["publish"].happen)
        made.github.check_seconds = 0.1
        yield made


@pytest.fixture
def person(request: pytest.FixtureRequest) -> Person:
    """Give a person in the test's sandbox."""
    names = [name for name in SANDBOXES if name in request.fixturenames]
    return Person(request.getfixturevalue(names[0] if names else "world"))


@pytest.fixture
def exhaustive(request: pytest.FixtureRequest) -> bool:
    """Tell whether the exhaustive suites are wanted in full."""
    return bool(request.config.getoption("exhaustive"))

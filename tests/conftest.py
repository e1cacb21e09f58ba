"""What the tests share: worlds to act in, and a person who types commands there."""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tasks.sandbox import programs

FOLDERS = programs.bring(print)

from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.world import WORKFLOW, World

from .docker_registry import DockerRegistry  # noqa: E402

PROJECT = Path(__file__).parents[1]

for ignored in (
    signal.SIGINT,
    signal.SIGHUP,
):  # as in the background, or under nohup: programs would inherit it
    if signal.getsignal(ignored) is signal.SIG_IGN:
        signal.signal(ignored, signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--exhaustive", action="store_true", help="run the exhaustive suites whole, as CI does"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for `everywhere`, in CI, with every helm that can be had, and publication on the other registry too."""
    if "everywhere" in metafunc.fixturenames:
        exhaustive = metafunc.config.getoption("exhaustive")
        helms = list(programs.HELMS) if exhaustive else [""]
        other = [(DockerRegistry, "")] * (
            exhaustive and metafunc.function.__module__.endswith("publish")
        )
        places = [*((None, helm) for helm in helms), *other]
        ids = [
            f"{'docker-registry' if kind else 'embedded'} {helm}".strip() for kind, helm in places
        ]
        metafunc.parametrize("world", places, ids=ids, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what is thorough to CI, where each worker begins with one of the tests that take minutes: each is given as many, in order."""
    for item in items if not config.getoption("exhaustive") else ():
        if item.get_closest_marker("thorough"):
            item.add_marker(pytest.mark.skip("others cover it for the most part: run with --all"))
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    long = [
        item
        for item in items
        if item.name.startswith(("test_cut_at", "test_every_fault", "test_of_two_who"))
    ]
    items[:] = [item for item in items if item not in long]
    for number, item in enumerate(long):
        items.insert(number * len(items) // workers, item)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have to tell beside whether they passed: their property `told`."""
    for report in [
        report
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
    ]:
        for told in [value for name, value in report.user_properties if name == "told"]:
            terminalreporter.write_line(str(told))


class Person:
    """Somebody who types `invoke ...` in a world, and reads what comes of it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __call__(
        self, line: str, code: int = 0, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Type `invoke` with the words of `line`: it ends with `code`, without a traceback, and never shows the token."""
        done = self.world.run("invoke", *shlex.split(line), at=PROJECT, env=env)
        told = done.stdout + done.stderr
        assert done.returncode == code, told
        assert "Traceback" not in told
        assert self.world.token not in told
        return done

    def refused(self, line: str, code: int = 2, env: Mapping[str, str] | None = None) -> str:
        """Type what cannot be done, and return the one line that says so; the world stays as it was."""
        before = self.world.snapshot()
        lines = self(line, code, env).stderr.splitlines()
        assert self.world.snapshot() == before
        failed = [told for told in lines if "✗" in told]
        assert len(failed) == 1, lines
        return failed[0]


def trial(world: World, script: str) -> None:
    """Run the workflow on a feature branch and on a test tag, where it lints by `script`: neither is a release's run."""
    world.git("switch", "--quiet", "--create", "trial")
    world.commit("ci: a trial", {WORKFLOW: ('run: helm lint "$CHART"', f"run: {script}")})
    world.git("tag", "v999.0.0-test")
    world.git("push", "--quiet", "origin", "trial", "v999.0.0-test")
    world.github.sync()
    world.github.dispatch(WORKFLOW, "trial", {"chart_version": "999.0.0-trial"})
    world.github.settle()
    world.git("switch", "--quiet", "main")


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Give a world where nothing has happened yet but the first commit."""
    kind, helm = getattr(request, "param", (None, ""))
    if kind and not shutil.which("docker-registry"):
        pytest.skip("docker-registry is not installed (the Debian package of that name)")
    with World([*(programs.bring(print, helm) if helm else ()), *FOLDERS], kind and kind()) as made:
        yield made


@pytest.fixture
def everywhere(world: World) -> World:
    """Give such a world on each registry, and in CI with each helm."""
    return world


@pytest.fixture
def broken() -> Iterator[World]:
    """Give the world of the drill: PR #42 moved the registry path, and 1.7.0 was not published where users look."""
    with World(FOLDERS) as made:
        SCENARIOS["publish"].happen(made)
        yield made


@pytest.fixture
def person(request: pytest.FixtureRequest) -> Person:
    """Give a person in the test's world."""
    return Person(
        request.getfixturevalue("broken" if "broken" in request.fixturenames else "world")
    )


@pytest.fixture
def exhaustive(request: pytest.FixtureRequest) -> bool:
    """Tell whether the exhaustive suites are wanted whole."""
    return bool(request.config.getoption("exhaustive"))

"""The client of the sandbox's GitHub, which the real gh speaks to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tasks.sandbox.environment import isolated_environment, write_config
from tasks.sandbox.github import GitHub as Server
from tasks.sandbox.github.records import Issue, Pull, Release
from tasks.sandbox.github.runs import Run
from tasks.sandbox.server import Reply, Request
from tasks.sandbox.world import CHART, SLUG, WORKFLOW, World
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.github.client import GitHub
from tasks.toolkit.clients.github.gh import Gh
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.core.secret import Secret

from ....conftest import FOLDERS

START = datetime(2025, 1, 1, tzinfo=UTC)
TOKEN = "ghp_hush"
VALUES = f"{CHART}/values.yaml"


def hours(number: float) -> datetime:
    """Return the time so many hours after START."""
    return START + timedelta(hours=number)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the sandbox's bare repository, whose branch `two` sets the replicas to two."""
    folder = tmp_path_factory.mktemp("template") / "remote.git"
    with World(FOLDERS) as world:
        world.git("switch", "--quiet", "--create", "two")
        world.commit("feat: two", {VALUES: ("replicas: 1", "replicas: 2")})
        world.git("push", "--quiet", "origin", "two")
        return shutil.copytree(world.remote, folder)


@pytest.fixture
def server(template: Path, tmp_path: Path) -> Iterator[Server]:
    """Give the sandbox's GitHub with a copy of the template, served on a unix socket."""
    remote = shutil.copytree(template, tmp_path / "remote.git")
    home = tmp_path / "home"
    socket = tmp_path / "socket"
    write_config(
        home,
        f"https://github.com/{SLUG}.git",
        remote,
        socket,
    )
    env = isolated_environment(home, FOLDERS)
    env["GITHUB_TOKEN"] = TOKEN
    github = Server(
        remote,
        SLUG,
        TOKEN,
        socket,
        tmp_path,
        env,
    )
    github.start()
    yield github
    github.stop()


def runner_of(server: Server, *, dry_run: bool = False) -> ProcessRunner:
    """Return a runner of programs in the environment of the server's maintainer."""
    executor = Executor(dry_run=dry_run)
    return ProcessRunner(server.actions.env, 30, executor)


def client(runner: ProcessRunner, token: str = "") -> GitHub:
    """Return the client of the repository, with the login of the environment or a `token`."""
    return GitHub(runner, SLUG, Secret(token))


@pytest.fixture
def gh(server: Server) -> Gh:
    """Give the program gh for the repository."""
    runner = runner_of(server)
    return Gh(runner, SLUG, Secret(""))


@pytest.fixture
def github(server: Server) -> GitHub:
    """Give the client of the repository."""
    return client(runner_of(server))


@pytest.fixture
def stranger(server: Server) -> GitHub:
    """Give a client whose token GitHub does not know."""
    return client(runner_of(server), "wrong")


@pytest.fixture
def planning(server: Server) -> Iterator[GitHub]:
    """Give the client in a dry run, and check that it changed nothing on GitHub."""
    before = server.snapshot()
    yield client(runner_of(server, dry_run=True))
    assert server.snapshot() == before


def answer_always(server: Server, reply: Reply) -> None:
    """Let GitHub answer every request with `reply`."""

    def answer(_request: Request) -> Reply:
        return reply

    server.server.answer = answer


def add_issue(server: Server, number: int, **fields: Any) -> Issue:
    """Put an issue on GitHub."""
    issue = Issue(
        number,
        f"Issue {number}",
        "Text",
        "somebody",
        **fields,
    )
    server.issues[number] = issue
    for label in issue.labels:
        server.labels[label] = ("ededed", "")
    return issue


def add_pull(server: Server, number: int, **fields: Any) -> Pull:
    """Put a pull request on GitHub, merged `number` hours after START with no changes."""
    pull = Pull(number, f"Change {number}", "", "somebody")
    pull.state = "MERGED"
    pull.merged_at = hours(number)
    pull.head = f"branch-{number}"
    pull.base = pull.base_sha = pull.merge_sha = "main"
    for name, value in fields.items():
        setattr(pull, name, value)
    server.pulls[number] = pull
    return pull


def add_release(server: Server, tag: str, hour: int, **fields: Any) -> Release:
    """Put a release and its tag on GitHub, `hour` hours after START."""
    server.repository.git("tag", tag)
    number = next(server.release_ids)
    release = Release(
        number,
        tag,
        tag,
        "Notes",
        created_at=hours(hour),
        **fields,
    )
    server.releases.append(release)
    return release


def add_run(server: Server, branch: str, hour: int, **fields: Any) -> Run:
    """Put a successful run on GitHub, the newest one, `hour` hours after START."""
    run = Run("Publish", len(server.runs) + 1)
    run.path = WORKFLOW
    run.event = "push"
    run.head_branch = branch
    run.head_sha = "main"
    run.created_at = hours(hour)
    run.complete("success")
    run.ended.set()
    for name, value in fields.items():
        setattr(run, name, value)
    paths = server.actions.paths
    if run.path not in paths:
        paths.append(run.path)
    server.runs.insert(0, run)
    return run

"""A test tag in real git: it is gone on both sides afterwards, whatever happens in between."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.git.repository import Repository
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.core.secret import Secret
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.workflows import test_tag
from tasks.toolkit.workflows.leftovers import Leftover
from tasks.toolkit.workflows.test_tag import MADE_BY_US, ReleaseTest

TAG = "v999.0.0-test"
OTHER = "chart-v999.0.1-test"
PERSON = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "Maintainer"), ("EMAIL", "maintainer@example.com"))
}
ENVIRON = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, **PERSON}


class Clone:
    """A clone with one commit, and its bare origin."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "clone"
        self.origin = folder / "origin.git"
        self.run("init", "--quiet", "--bare", str(self.origin), at=folder)
        self.run("clone", "--quiet", str(self.origin), str(self.folder), at=folder)
        self.run("commit", "--quiet", "--allow-empty", "--message", "feat: one")
        self.run("push", "--quiet", "origin", "HEAD:refs/heads/main")

    def run(self, *args: str, at: Path | None = None) -> str:
        argv = ["git", "-C", str(at or self.folder), *args]
        return subprocess.run(argv, env=ENVIRON, check=True, capture_output=True, text=True).stdout

    def tag(self, name: str, message: str = MADE_BY_US) -> None:
        self.run("tag", "--annotate", f"--message={message}", name)
        self.run("push", "--quiet", "origin", name)

    def tags(self) -> tuple[list[str], list[str]]:
        """Return the tags here and at origin."""
        return self.run("tag").split(), self.run("tag", at=self.origin).split()


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def run(number: int, branch: str, status: str = "in_progress") -> SimpleNamespace:
    return SimpleNamespace(id=number, event="push", branch=branch, status=status, url="https://x")


def release_test(
    clone: Clone,
    tag: str = TAG,
    runs: list[Any] | None = None,
    announced: list[str] | None = None,
) -> ReleaseTest:
    """Return a test whose GitHub has the given runs; `announced` receives its status lines."""
    listed = [] if runs is None else runs
    lines = [] if announced is None else announced
    runner = ProcessRunner(ENVIRON, 30, Executor(dry_run=False))
    git = Repository(runner, clone.folder, clone.folder.parent, Secret(""))
    actions = SimpleNamespace(runs=lambda _: listed)
    github = SimpleNamespace(actions=actions)
    settings = SimpleNamespace(workflow="publish.yml")
    project = SimpleNamespace(git=git, github=github, settings=settings, slug="o/r")
    log = SimpleNamespace(announce=lambda text, *_: lines.append(text))
    return ReleaseTest(cast(Project, project), cast(IncidentLog, log), tag, "HEAD")


@pytest.fixture(autouse=True)
def leftovers(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Leftover]]:
    """Return what each tag left; a test may add to it."""
    found: dict[str, list[Leftover]] = {}
    monkeypatch.setattr(test_tag, "find_leftovers", lambda _, tag, __: found.get(tag, []))
    return found


@pytest.mark.parametrize("tag", ["v1.7.0", "latest", "999.0.0-test", "v999.0-test", "v1.0.0-"])
def test_only_the_tag_of_a_pre_release_is_accepted(clone: Clone, tag: str) -> None:
    with pytest.raises(BadInput, match="is not the tag of a pre-release"):
        release_test(clone, tag)


def test_the_tag_exists_on_both_sides_while_the_block_runs(clone: Clone) -> None:
    with release_test(clone).tagged() as is_pushed:
        assert is_pushed
        assert clone.tags() == ([TAG], [TAG])
    assert clone.tags() == ([], [])


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_the_tag_is_deleted_when_the_block_fails(clone: Clone, error: type[BaseException]) -> None:
    with pytest.raises(error), release_test(clone).tagged():
        raise error
    assert clone.tags() == ([], [])


def test_an_interrupt_reports_the_run_that_continues_without_its_tag(clone: Clone) -> None:
    lines: list[str] = []
    runs: list[Any] = []
    test = release_test(clone, TAG, runs, lines)
    with pytest.raises(KeyboardInterrupt), test.tagged():
        runs.append(run(8, TAG))
        raise KeyboardInterrupt
    assert lines[1:] == [
        "run 8 continues without its tag; to end it: gh run cancel 8 --repo o/r",
        "to remove what it publishes, once it has ended: invoke prevention.test-tag --clean",
    ]


def test_an_interrupt_before_a_run_is_seen_says_that_one_may_still_start(clone: Clone) -> None:
    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt), release_test(clone, announced=lines).tagged():
        raise KeyboardInterrupt
    command = f"gh run list --repo o/r --branch {TAG}"
    assert lines[1:] == [f"a run may still start; to see it: {command}"]


def test_a_run_that_was_watched_to_its_end_is_not_reported(clone: Clone) -> None:
    lines: list[str] = []
    test = release_test(clone, announced=lines)
    with pytest.raises(KeyboardInterrupt), test.tagged():
        test.expected.number = 8
        test.expected.has_ended = True
        raise KeyboardInterrupt
    assert len(lines) == 1


def test_tags_that_earlier_tests_left_are_deleted(clone: Clone) -> None:
    clone.tag(TAG)
    clone.tag(OTHER)
    clone.tag("v999.0.2-test", "Somebody's")
    release_test(clone).prepare(clean=False)
    assert clone.tags() == (["v999.0.2-test"], ["v999.0.2-test"])


def test_somebody_elses_tag_is_refused(clone: Clone) -> None:
    clone.tag(TAG, "Somebody's")
    with pytest.raises(Refused, match="here and origin"):
        release_test(clone).prepare(clean=True)
    assert clone.tags() == ([TAG], [TAG])


def test_a_tag_is_left_alone_while_its_run_is_in_progress(clone: Clone) -> None:
    clone.tag(OTHER)
    runs = [run(1, OTHER)]
    with pytest.raises(Refused, match="gh run cancel 1 --repo o/r"):
        release_test(clone, OTHER, runs).prepare(clean=True)
    release_test(clone, TAG, runs).prepare(clean=True)
    assert clone.tags() == ([OTHER], [OTHER])


def test_what_has_a_version_that_may_be_released_is_removed_only_with_a_tag_of_ours(
    clone: Clone, leftovers: dict[str, list[Leftover]]
) -> None:
    tag = "v1.7.0-rc.1"
    removed: list[str] = []
    leftovers[tag] = [Leftover("it", lambda: removed.append("it"), "the command")]
    with pytest.raises(Refused, match="it exists already"):
        release_test(clone, tag).prepare(clean=True)
    assert removed == []
    clone.tag(tag)
    release_test(clone, tag).prepare(clean=True)
    assert removed == ["it"]

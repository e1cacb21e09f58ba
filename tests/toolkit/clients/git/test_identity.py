"""A job commits as the bot of Actions, unless the job has set a name."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.git.cli import remote_git
from tasks.toolkit.clients.git.identity import EMAIL, identify_job
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.core.secret import Secret

KEPT = "http.https://github.com/.extraheader"  # where actions/checkout keeps its token
URL = "https://github.com/stianfro/threek8s"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give an empty repository."""
    folder = tmp_path / "clone"
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    return folder


def runner_in(folder: Path, **environ: str) -> ProcessRunner:
    """Return a runner for somebody without any configuration."""
    empty = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    return ProcessRunner({**empty, **environ}, 30, Executor(dry_run=False))


def test_a_job_without_a_name_is_the_bot(folder: Path) -> None:
    runner = runner_in(folder, GITHUB_ACTIONS="true")
    identify_job(runner, folder)
    shown = runner.run(["git", "-C", str(folder), "var", "GIT_COMMITTER_IDENT"]).stdout
    assert shown.startswith(f"github-actions[bot] <{EMAIL}>")


def test_a_name_that_is_set_stays_and_a_person_gets_none(folder: Path) -> None:
    person = runner_in(folder)
    identify_job(person, folder)
    assert "GIT_AUTHOR_NAME" not in person.environ
    for name in ("name", "email"):
        subprocess.run(["git", "-C", folder, "config", f"user.{name}", "x@y"], check=True)
    runner = runner_in(folder, GITHUB_ACTIONS="true")
    identify_job(runner, folder)
    shown = runner.run(["git", "-C", str(folder), "var", "GIT_AUTHOR_IDENT"]).stdout
    assert shown.startswith("x@y <x@y>")


def test_the_token_that_the_checkout_kept_does_not_go_before_that_of_the_settings(
    folder: Path,
) -> None:
    subprocess.run(["git", "-C", folder, "config", KEPT, "AUTHORIZATION: basic x"], check=True)
    asked = ("config", "--get-urlmatch", "http.extraheader", URL)
    runner = runner_in(folder, GITHUB_ACTIONS="true")
    assert remote_git(runner, folder, Secret("")).text(*asked) == "AUTHORIZATION: basic x"
    assert remote_git(runner, folder, Secret("ghp_x")).text(*asked) == ""
    at_home = runner_in(folder)
    assert remote_git(at_home, folder, Secret("ghp_x")).text(*asked) == "AUTHORIZATION: basic x"

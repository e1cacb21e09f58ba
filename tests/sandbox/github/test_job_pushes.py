"""Pushes of a job start no run, and change no workflow."""

from __future__ import annotations

import subprocess

import pytest

from tasks.sandbox.github import job_pushes
from tasks.sandbox.github.state import State

from .conftest import Clone

PATH = ".github/workflows/ci.yml"
TEXT = "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}}"


@pytest.fixture
def held(github: State) -> State:
    """Give a repository whose jobs are held to what their token may do."""
    job_pushes.hold(github.repository)
    return github


def test_a_job_pushes_no_workflow(
    held: State, clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        clone.push("ci", "", TEXT, PATH)
    text = f"a GitHub App to create or update workflow `{PATH}` without `workflows` permission"
    assert text in refused.value.stderr
    assert "refs/heads/ci" not in held.repository.refs()
    monkeypatch.delenv("GITHUB_ACTIONS")
    clone.push("ci", "", TEXT, PATH)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    clone.git("push", "--quiet", "origin", "ci:again")  # changes nothing that is new
    assert "refs/heads/again" in held.repository.refs()


def test_a_push_of_a_job_starts_no_run_and_that_of_a_person_does(
    held: State, clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone.push("main", "", TEXT, PATH)
    held.settle()
    assert len(held.runs) == 1
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    clone.push("main", "two", "2")
    held.settle()
    assert len(held.runs) == 1
    monkeypatch.delenv("GITHUB_ACTIONS")
    clone.push("main", "three", "3")
    held.settle()
    assert len(held.runs) == 2

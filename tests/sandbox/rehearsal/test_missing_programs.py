"""A step that needs what is not here goes on, and notes it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tasks.sandbox.rehearsal.missing_programs import (
    NOTES,
    PROGRAMS,
    Note,
    environment,
    read_notes,
)

from .act_runs import PATH, run_act, stand_ins_for

NOBODY = 65534
HEAD = "name: Try\non: push\njobs:\n"
MISSING = """\
  build:
    runs-on: ubuntu-latest
    steps:
    - {id: first, run: 'nosuch-tool --sign "a b"; version="$(nosuch-yq .v x)"; echo "[$version]"'}
    - {shell: bash, run: 'set -euo pipefail; nosuch-tool | cat; command -v nosuch-tool || echo no'}
    - {shell: bash, run: 'printf "nosuch-inner\\n./gone\\n" > script; bash script'}
    - {shell: sh, if: always(), run: 'bash -c nosuch-under-sh; nosuch-in-sh'}
"""
SENSELESS = """\
  build:
    runs-on: ubuntu-latest
    steps:
    - run: |
        apt-get update && apt-get install -y nosuch-yq
        brew install nosuch-yq && snap install nosuch-yq && apt list
        docker build -t x . && podman push x && buildah bud
    - id: docker
      run: |
        echo hush | docker login ghcr.io -u somebody --password-stdin
        docker login -u other -p secret
        cat ~/.docker/config.json
        docker logout ghcr.io
    - run: echo "" | docker login ghcr.io --username=somebody --password-stdin
"""
IN_ACTION = """\
  build:
    runs-on: ubuntu-latest
    steps:
    - {run: "true"}
    - {run: "true"}
    - {uses: sigstore/cosign-installer@v3}
    - {id: other, uses: actions/checkout@v4, with: {repository: other/charts, path: x}}
"""


def test_a_missing_program_is_noted_for_its_step(tmp_path: Path) -> None:
    ended = run_act(HEAD + MISSING, tmp_path)
    assert ended.notes == [
        Note("build", "first", "nosuch-tool is not on this machine"),
        Note("build", "first", "nosuch-yq is not on this machine"),
        Note("build", "1", "nosuch-tool is not on this machine"),
        Note("build", "2", "nosuch-inner is not on this machine"),
        Note("build", "3", "nosuch-under-sh is not on this machine"),
    ]
    assert "not rehearsed: nosuch-tool is not on this machine" in ended.logs["build", "first"]
    assert "[]" in ended.logs["build", "first"]
    assert "no\n" in ended.logs["build", "1"]


def test_what_is_missing_in_a_folder_or_in_sh_fails_as_ever(tmp_path: Path) -> None:
    ended = run_act(HEAD + MISSING, tmp_path)
    assert ended.results == {
        ("build", "first"): "success",
        ("build", "1"): "success",
        ("build", "2"): "failure",
        ("build", "3"): "failure",
    }


def test_programs_that_make_no_sense_are_noted(tmp_path: Path) -> None:
    ended = run_act(HEAD + SENSELESS, tmp_path)
    assert set(ended.results.values()) == {"success"}
    programs = ("apt-get", "brew", "snap", "apt", "docker", "podman", "buildah")
    expected = [Note("build", "0", f"{name} is not used in a rehearsal") for name in programs]
    assert ended.notes == [*expected, Note("build", "2", "there is no login for ghcr.io here")]
    shown = ended.logs["build", "docker"].replace("Login Succeeded\n", "")
    assert set(json.loads(shown)["auths"]) == {"ghcr.io", "https://index.docker.io/v1/"}


def test_sudo_runs_its_command_as_a_user_who_cannot_change_the_system() -> None:
    user = NOBODY if os.getuid() == 0 else None
    shown = subprocess.run(
        ["bash", "-s", "--", "-E", "-H", "-u", "root", "A=1", "bash", "-c", 'echo "$A $0"', "x"],
        input=(PROGRAMS / "sudo").read_text(),
        user=user,
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "1 x\n"


@pytest.mark.skipif(not os.access("/usr", os.W_OK), reason="nothing can be changed by this user")
def test_sudo_runs_nothing_where_it_could_change_the_system(tmp_path: Path) -> None:
    target = tmp_path / "made"
    text = f"{HEAD}  a: {{runs-on: ubuntu-latest, steps: [{{run: sudo touch {target}}}]}}\n"
    ended = run_act(text, tmp_path)
    assert ended.notes == [Note("a", "0", "sudo is not run where it could change this machine")]
    assert not target.exists()


def test_a_stand_in_of_an_action_notes_the_step_of_the_job(tmp_path: Path) -> None:
    text = HEAD + IN_ACTION
    ended = run_act(text, tmp_path, stand_ins_for(text, tmp_path / "actions"))
    assert set(ended.results.values()) == {"success"}
    assert ended.notes == [
        Note("build", "2", "cosign is not on this machine"),
        Note("build", "other", "other/charts is another repository, which cannot be cloned here"),
    ]


def test_another_yq_than_that_of_github_is_not_used(tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    ours.mkdir()
    yq = ours / "yq"
    text = HEAD + "  a: {runs-on: ubuntu-latest, steps: [{run: yq --version}]}\n"
    for number, (version, noted) in enumerate({"yq 3.1.0": 1, "yq (mikefarah/yq/) 4": 0}.items()):
        yq.write_text(f"#!/bin/sh\necho '{version}'\n")
        yq.chmod(0o755)
        ended = run_act(text, tmp_path / str(number), path=f"{ours}:{PATH}")
        assert len(ended.notes) == noted
        assert ended.results == {("a", "0"): "success"}


def test_what_steps_write_themselves_is_no_note(tmp_path: Path) -> None:
    environment(tmp_path / "programs", PATH)
    line = '{"job": "a", "step": "0", "why": "x is not here"}\n'
    (tmp_path / "programs" / NOTES).write_text(f"{line}nonsense\n[]\n{line}")
    assert read_notes(tmp_path / "programs") == [Note("a", "0", "x is not here")]
